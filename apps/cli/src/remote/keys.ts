import type { ApiKey } from '@heddle/client';
import type { ApiKeyScope } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { clientOf, formatOf, type Limit, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const KEY_COLUMNS: Record<string, (key: ApiKey) => string> = {
  ID: (key) => key.id,
  NAME: (key) => key.name,
  PREFIX: (key) => key.prefix,
  SCOPES: (key) => key.scopes.join(','),
  'PER MINUTE': (key) => String(key.rate_limit_per_min ?? '-'),
  EXPIRES: (key) => key.expires_at ?? '-',
  'LAST USED': (key) => key.last_used_at ?? '-',
};

export interface NewKeyOptions extends RemoteOptions {
  name: string;
  scopes: ApiKeyScope[];
  expires?: string;
  rateLimit?: Limit;
}

/** Makes a key of the tenant whose key is used, and prints its secret, alone or in the whole object. */
export async function createKey(options: NewKeyOptions): Promise<void> {
  const { name, scopes, expires, rateLimit } = options;
  const body = {
    name,
    scopes,
    ...(expires === undefined ? {} : { expires_at: expires }),
    ...(typeof rateLimit === 'number' ? { rate_limit_per_min: rateLimit } : {}),
  };
  const key = await clientOf(options).keys.create(body);
  if (formatOf(options) !== 'table') return print(formatOf(options), [key], KEY_COLUMNS);
  if (key.secret === undefined) {
    throw new CliError(
      `${key.id} was made, but its secret was lost on the way: delete it and make another`,
      EXIT.network,
    );
  }
  process.stderr.write(`${key.id} (${key.scopes.join(', ')}), shown only now:\n`);
  process.stdout.write(`${key.secret}\n`);
}

export function addRemoteKeyCommands(keys: Command): void {
  remote(keys.command('list'))
    .description('list the keys of your tenant, newest first')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('keys list'))
    .action(async (options: RemoteOptions & { limit: string }) => {
      const page = await clientOf(options)
        .keys.list({ limit: Number(options.limit) })
        .page();
      printPage(options, page, KEY_COLUMNS);
    });
  remote(keys.command('delete'))
    .description('take a key out of service, within a second and for ever')
    .argument('<id>', 'key_…')
    .addHelpText('after', example('keys delete key_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      await clientOf(options).keys.delete(id);
    });
}
