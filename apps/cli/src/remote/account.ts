import type { Limits, Me } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const ME_COLUMNS: Record<string, (me: Me) => string> = {
  TENANT: ({ tenant }) => tenant.slug,
  NAME: ({ tenant }) => tenant.name,
  KEY: ({ key }) => key.id,
  'KEY NAME': ({ key }) => key.name,
  SCOPES: ({ key }) => key.scopes.join(','),
};
const LIMIT_COLUMNS: Record<string, (limit: [string, number | null]) => string> = {
  LIMIT: ([name]) => name,
  VALUE: ([, value]) => (value === null ? 'none' : String(value)),
};

export function addAccountCommands(program: Command): void {
  remote(program.command('me'))
    .description('show whose key is used, and what it may do')
    .addHelpText('after', example('me'))
    .action(async (options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).me()], ME_COLUMNS);
    });
  remote(program.command('limits'))
    .description('show how much you may ask for')
    .addHelpText('after', example('limits'))
    .action(async (options: RemoteOptions) => {
      const limits: Limits = await clientOf(options).limits();
      if (formatOf(options) === 'table') print('table', Object.entries(limits), LIMIT_COLUMNS);
      else print(formatOf(options), [limits], {});
    });
}
