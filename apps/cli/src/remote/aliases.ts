import { type Alias, answerInfo, type BodyOf } from '@heddle/client';
import type { AliasChange, AliasTarget, ShadowComparison } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import {
  clientOf,
  collect,
  formatOf,
  printPage,
  type RemoteOptions,
  remote,
  splitReference,
} from './options.js';
import { print } from './output.js';

const ALIAS_COLUMNS: Record<string, (alias: Alias) => string> = {
  ALIAS: (alias) => `${alias.model}@${alias.name}`,
  NUMBER: (alias) => String(alias.version_number),
  VERSION: (alias) => alias.version,
  CANARY: ({ canary }) => (canary ? `${canary.version_number}:${canary.percent} %` : '-'),
  SHADOW: ({ shadow }) => (shadow ? String(shadow.version_number) : '-'),
  UPDATED: (alias) => alias.updated_at,
};
/** One alias alone also has a tag, for `--if-match`. */
const ONE_ALIAS_COLUMNS: typeof ALIAS_COLUMNS = {
  ...ALIAS_COLUMNS,
  ETAG: (alias) => answerInfo(alias)?.etag ?? '-',
};
const COMPARISON_COLUMNS: Record<string, (comparison: ShadowComparison) => string> = {
  TASK: ({ task }) => task,
  COMPARED: ({ jobs }) => String(jobs),
  FAILED: ({ failed }) => String(failed),
  DROPPED: ({ dropped }) => String(dropped),
  AGREEMENT: ({ agreement }) => agreement?.toFixed(4) ?? '-',
  DIFFERENCE: ({ mean_score_difference: difference }) => difference?.toFixed(4) ?? '-',
};
const CHANGE_COLUMNS: Record<string, (change: AliasChange) => string> = {
  AT: (change) => change.at,
  BY: (change) => change.actor.name,
  FROM: (change) => describe(change.from),
  TO: (change) => describe(change.to),
  EVALUATION: (change) => change.evaluation ?? '-',
  FORCED: (change) => (change.forced ? 'yes' : '-'),
  REFUSED: (change) => change.refused ?? '-',
};

export function addAliasCommands(program: Command): void {
  const aliases = program.command('aliases').description('point aliases at versions');
  remote(aliases.command('set'))
    .description('point an alias at a version: jobs accepted from then on use it')
    .argument('<model@alias>')
    .argument('<version>', 'number or ver_…')
    .option('--canary <version:percent>', 'a version on trial, and its share of the jobs')
    .option(
      '--rollback <rule:share>',
      'take the canary away beyond: error:0.05 or disagreement:0.1; repeatable',
      collect,
      [],
    )
    .option('--shadow <version>', 'a version whose answers are compared and not shown')
    .option('--evaluation <id>', 'evl_… that gates are held against, and the history names')
    .option('--force', 'although gates of the model are not met', false)
    .option('--if-match <etag>', 'only if the alias is still this one, which `aliases get` shows')
    .addHelpText(
      'after',
      `\nWhat is left out is taken away, such as the canary.${example('aliases set my-model@production 3 --canary 4:10')}`,
    )
    .action(async (reference: string, version: string, options: SetOptions) => {
      if (options.rollback.length > 0 && options.canary === undefined)
        throw new CliError('--rollback is of a canary: give --canary too', EXIT.usage);
      const body = {
        version: versionOf(version),
        ...(options.canary === undefined ? {} : { canary: canaryOf(options.canary, options.rollback) }),
        ...(options.shadow === undefined ? {} : { shadow: versionOf(options.shadow) }),
        ...(options.evaluation === undefined ? {} : { evaluation: options.evaluation }),
        ...(options.force ? { force: true } : {}),
      };
      const { ifMatch } = options;
      const alias = await clientOf(options).aliases.set(...aliasOf(reference), body, { ifMatch });
      print(formatOf(options), [alias], ONE_ALIAS_COLUMNS);
    });
  remote(aliases.command('list'))
    .description('list the aliases of a model')
    .argument('<model>', 'name or mdl_…')
    .addHelpText('after', example('aliases list my-model'))
    .action(async (model: string, options: RemoteOptions) => {
      printPage(options, await clientOf(options).aliases.list(model).page(), ALIAS_COLUMNS);
    });
  remote(aliases.command('get'))
    .description('show an alias, and how its shadow compares')
    .argument('<model@alias>')
    .addHelpText('after', example('aliases get my-model@production'))
    .action(async (reference: string, options: RemoteOptions) => {
      const alias = await clientOf(options).aliases.get(...aliasOf(reference));
      print(formatOf(options), [alias], ONE_ALIAS_COLUMNS);
      const comparisons = alias.shadow?.comparisons ?? [];
      if (formatOf(options) === 'table' && comparisons.length > 0)
        print('table', comparisons, COMPARISON_COLUMNS);
    });
  remote(aliases.command('history'))
    .description('who moved an alias, when and where to; refused tries as well')
    .argument('<model@alias>')
    .addHelpText('after', example('aliases history my-model@production'))
    .action(async (reference: string, options: RemoteOptions) => {
      const { history = [] } = await clientOf(options).aliases.get(...aliasOf(reference));
      printPage(options, { data: history, next_cursor: null }, CHANGE_COLUMNS);
    });
  remote(aliases.command('delete'))
    .description('delete an alias; the version stays')
    .argument('<model@alias>')
    .option('--if-match <etag>', 'only if the alias is still this one, which `aliases get` shows')
    .addHelpText('after', example('aliases delete my-model@staging'))
    .action(async (reference: string, options: RemoteOptions & { ifMatch?: string }) => {
      const { ifMatch } = options;
      await clientOf(options).aliases.delete(...aliasOf(reference), { ifMatch });
    });
}

interface SetOptions extends RemoteOptions {
  canary?: string;
  shadow?: string;
  rollback: string[];
  evaluation?: string;
  force: boolean;
  ifMatch?: string;
}

function versionOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function canaryOf(text: string, rules: string[]): NonNullable<BodyOf<'setAlias'>['canary']> {
  const match = /^([^:]+):(\d{1,3})$/.exec(text);
  if (!match) throw new CliError(`--canary ${text} is not <version>:<percent>, e.g. 4:10`, EXIT.usage);
  const rollback = Object.fromEntries(rules.map(parseRule));
  return {
    version: versionOf(match[1]!),
    percent: Number(match[2]),
    ...(rules.length > 0 ? { rollback } : {}),
  };
}

function parseRule(text: string): [string, number] {
  const match = /^(error|disagreement):(0|1|0?\.\d+)$/.exec(text);
  if (!match)
    throw new CliError(`--rollback ${text} is neither like error:0.05 nor like disagreement:0.1`, EXIT.usage);
  return [match[1] === 'error' ? 'max_error_rate' : 'max_disagreement', Number(match[2])];
}

function describe(target: AliasTarget | null): string {
  if (!target) return '-';
  const { version, canary, shadow } = target;
  const trial = canary ? ` + ${canary.version} (${canary.percent} %)` : '';
  return `${version}${trial}${shadow ? ` / ${shadow}` : ''}`;
}

function aliasOf(reference: string): [model: string, name: string] {
  const { model, rest } = splitReference(reference, 'alias');
  return [model, rest];
}
