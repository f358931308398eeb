import type { Alias, Page } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import {
  clientOf,
  formatOf,
  printPage,
  type RemoteOptions,
  remote,
  segment,
  splitReference,
} from './options.js';
import { print } from './output.js';

const ALIAS_COLUMNS: Record<string, (alias: Alias) => string> = {
  ALIAS: (alias) => `${alias.model}@${alias.name}`,
  NUMBER: (alias) => String(alias.version_number),
  VERSION: (alias) => alias.version,
  UPDATED: (alias) => alias.updated_at,
};

export function addAliasCommands(program: Command): void {
  const aliases = program.command('aliases').description('point aliases at versions');
  remote(aliases.command('set'))
    .description('point an alias at a version: jobs accepted from then on use it')
    .argument('<model@alias>')
    .argument('<version>', 'number or ver_…')
    .addHelpText('after', example('aliases set my-model@production 3'))
    .action(async (reference: string, version: string, options: RemoteOptions) => {
      const body = { version: /^\d+$/.test(version) ? Number(version) : version };
      const alias = await clientOf(options).request<Alias>('PUT', pathOf(reference), { body });
      print(formatOf(options), [alias], ALIAS_COLUMNS);
    });
  remote(aliases.command('list'))
    .description('list the aliases of a model')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('aliases list my-model'))
    .action(async (model: string, options: RemoteOptions) => {
      const path = `/v1/models/${segment(model)}/aliases`;
      printPage(options, await clientOf(options).request<Page<Alias>>('GET', path), ALIAS_COLUMNS);
    });
  remote(aliases.command('delete'))
    .description('delete an alias; the version stays')
    .argument('<model@alias>')
    .addHelpText('after', example('aliases delete my-model@staging'))
    .action(async (reference: string, options: RemoteOptions) => {
      await clientOf(options).request('DELETE', pathOf(reference));
    });
}

function pathOf(reference: string): string {
  const { model, rest } = splitReference(reference, 'alias');
  return `/v1/models/${segment(model)}/aliases/${segment(rest)}`;
}
