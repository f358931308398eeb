import { orExit, readEnvironment } from '@heddle/config';
import { API_KEY_SCOPES, type ApiKeyScope, TENANT_SLUG } from '@heddle/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { example } from './command-name.js';
import { addRemoteKeyCommands, createKey, type NewKeyOptions } from './remote/keys.js';
import { remote, toLimit } from './remote/options.js';
import { withDatabase } from './setup/local-database.js';

const DATABASE_HELP = '\nUses HEDDLE_DATABASE_URL, else the database in HEDDLE_DATA_DIR.';

/**
 * Keys are made over HTTP, by one that may, or on the server's machine, for any tenant. Each is printed once.
 */
export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('make, list and delete keys; recover a lost admin key');
  remote(keys.command('create'))
    .description("make a key of your tenant over HTTP; with --tenant, of any, on the server's machine")
    .addOption(
      new Option(
        '--tenant <slug>',
        'whose key it is; the tenant is made when there is none; Heddle may run or not',
      )
        .argParser(toSlug)
        .conflicts(['name', 'expires', 'rateLimit']),
    )
    .option('--name <name>', 'what it is called', 'created')
    .option('--expires <time>', 'until when it works, such as 2030-01-31T12:00:00Z; by default for ever')
    .option('--rate-limit <n>', "requests a minute, 0 for any number; default the tenant's", toLimit)
    .option('--scopes <list>', `what it may do: some of ${API_KEY_SCOPES.join(',')}`, toScopes, [
      'infer',
      'read',
    ])
    .addHelpText(
      'after',
      `\nWith --tenant it uses HEDDLE_DATABASE_URL, else the database in HEDDLE_DATA_DIR.${example('keys create --name ci --scopes infer')}`,
    )
    .action(async ({ tenant, ...options }: NewKeyOptions & { tenant?: string }) => {
      if (tenant === undefined) return createKey(options);
      const { scopes } = options;
      const values = orExit(() => readEnvironment(process.env));
      const { createTenantKey } = await import('./setup/tenant-key.js');
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
      const { ensureAdminKey } = await import('./setup/admin-key.js');
      const key = await withDatabase(values, (url) => ensureAdminKey(url, true));
      process.stdout.write(`${key}\n`);
    });
  addRemoteKeyCommands(keys);
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
