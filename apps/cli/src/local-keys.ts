import { orExit, readEnvironment } from '@heddle/config';
import { API_KEY_SCOPES, type ApiKeyScope, TENANT_SLUG } from '@heddle/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { example } from './command-name.js';
import { ensureAdminKey } from './setup/admin-key.js';
import { withDatabase } from './setup/local-database.js';
import { createTenantKey } from './setup/tenant-key.js';

const DATABASE_HELP = '\nUses HEDDLE_DATABASE_URL, else the database in HEDDLE_DATA_DIR.';

/** Keys are made on the server's machine; each is printed once. */
export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('make keys; recover a lost admin key');
  keys
    .command('create')
    .description('make a key of a tenant, and the tenant when there is none; Heddle may run or not')
    .requiredOption('--tenant <slug>', 'whose key it is: jobs, files and models of tenants are apart', toSlug)
    .option('--scopes <list>', `what it may do: some of ${API_KEY_SCOPES.join(',')}`, toScopes, [
      'infer',
      'read',
    ])
    .addHelpText('after', `${DATABASE_HELP}${example('keys create --tenant acme --scopes infer,read')}`)
    .action(async ({ tenant, scopes }: { tenant: string; scopes: ApiKeyScope[] }) => {
      const values = orExit(() => readEnvironment(process.env));
      const key = await withDatabase(values, (url) => createTenantKey(url, tenant, scopes));
      process.stderr.write(`key of the tenant ${tenant} (${scopes.join(', ')}), shown only now:\n`);
      process.stdout.write(`${key}\n`);
    });
  keys
    .command('new-admin')
    .description('take the admin key out of service and print a new one; Heddle may run or not')
    .addHelpText('after', `${DATABASE_HELP}${example('keys new-admin')}`)
    .action(async () => {
      const values = orExit(() => readEnvironment(process.env));
      const key = await withDatabase(values, (url) => ensureAdminKey(url, true));
      process.stdout.write(`${key}\n`);
    });
}

function toSlug(text: string): string {
  if (TENANT_SLUG.test(text)) return text;
  throw new InvalidArgumentError('It has lower-case letters, digits and "-", 2 to 39 of them.');
}

function toScopes(text: string): ApiKeyScope[] {
  const named = text.split(',');
  if (named.every((scope) => (API_KEY_SCOPES as readonly string[]).includes(scope)))
    return API_KEY_SCOPES.filter((scope) => named.includes(scope));
  throw new InvalidArgumentError(`It has some of ${API_KEY_SCOPES.join(',')}.`);
}
