import type { Version } from '@heddle/client';
import { DEFAULT_ALIAS, type ImportPrecision, type Moderation } from '@heddle/contracts';
import type { Command } from 'commander';
import { COMMAND, example } from '../command-name.js';
import { precisionOptions, refuseCalibration } from '../precision-options.js';
import { CliError, EXIT } from './errors.js';
import { importVersion } from './import.js';
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
import { describeReport } from './version-report.js';

/** Longest wait for an import unless told otherwise: twice what a server lets one take. */
const WAIT_S = '3600';

const VERSION_COLUMNS: Record<string, (version: Version) => string> = {
  VERSION: (version) => `${version.model}@${version.number}`,
  STATUS: (version) =>
    version.progress ? `${version.status} ${version.progress.percent} %` : version.status,
  TASKS: (version) => version.tasks?.join(', ') ?? '-',
  PRECISION: (version) => version.precision,
  CREATED: (version) => version.created_at,
  ID: (version) => version.id,
  NOTES: (version) => version.notes,
};

interface ImportCommandOptions extends RemoteOptions {
  model: string;
  create: boolean;
  wait: boolean;
  timeout: string;
  head?: never;
  task: never[];
  label: string[];
  safeLabel: string[];
  threshold: string[];
  maxTokens?: string;
  precision: ImportPrecision;
  calibration?: string;
  notes?: string;
}

export function addVersionCommands(program: Command, exit: (status: number) => void): void {
  const versions = program
    .command('versions')
    .description('import, get, archive, keep warm and delete versions');
  precisionOptions(remote(versions.command('import')))
    .description('upload a checkpoint and have it compiled and verified as a new version')
    .argument('<checkpoint>', 'folder, .zip, .tar or .tar.gz: configuration, weights, tokenizer')
    .requiredOption('--model <model>', 'the model it becomes a version of')
    .option('--create', 'make the model when there is none', false)
    .option('--wait', 'wait for the end, show how far it is, print the report', false)
    .option('--timeout <seconds>', 'longest wait', WAIT_S)
    .option('--head <head>', 'instead of the one the checkpoint names, e.g. features')
    .option('--task <task>', 'a task to offer, the default one first; repeatable', collect, [])
    .option('--label <name>', 'label names by class index, in place of the own; repeatable', collect, [])
    .option('--safe-label <name>', 'a label that never flags a text in moderations; repeatable', collect, [])
    .option('--threshold <label=p>', 'from which on a label does; 0.5 for others; repeatable', collect, [])
    .option('--max-tokens <n>', 'longest input in tokens')
    .option('--notes <text>', 'shown with the version')
    .addHelpText('after', example('versions import ./my-checkpoint --model my-model --create --wait'))
    .action(async (path: string, options: ImportCommandOptions) => {
      const { model, create, wait, timeout, head, task, label, maxTokens, notes } = options;
      const { precision, calibration } = options;
      const refusal = refuseCalibration(options);
      if (refusal) throw new CliError(refusal, EXIT.usage);
      const version = await importVersion(clientOf(options), {
        path,
        ...(calibration === undefined ? {} : { calibration }),
        model,
        create,
        wait,
        timeoutS: numberOf('--timeout', timeout),
        wishes: {
          precision,
          ...(head ? { head } : {}),
          ...(task.length > 0 ? { tasks: task } : {}),
          ...(label.length > 0 ? { labels: label } : {}),
          ...moderationOf(options),
          ...(maxTokens === undefined ? {} : { max_tokens: numberOf('--max-tokens', maxTokens) }),
          ...(notes === undefined ? {} : { notes }),
        },
      });
      show(version, options);
      if (version.status === 'ready' && version.number > 1 && formatOf(options) === 'table') {
        const alias = `${version.model}@${DEFAULT_ALIAS}`;
        process.stderr.write(
          `jobs that name no version use ${alias}; to point it at this one:\n` +
            `${COMMAND} aliases set ${alias} ${version.number}\n`,
        );
      }
      exit(version.status === 'failed' ? EXIT.jobFailed : EXIT.ok);
    });
  remote(versions.command('list'))
    .description('list the versions of a model, newest first')
    .argument('<model>', 'name or mdl_…')
    .option('--status <status...>', 'only these: importing converting verifying ready failed archived')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('versions list my-model --status ready'))
    .action(
      async (model: string, options: RemoteOptions & { status?: Version['status'][]; limit: string }) => {
        const { status = [], limit } = options;
        const page = await clientOf(options)
          .versions.list(model, { status, limit: Number(limit) })
          .page();
        printPage(options, page, VERSION_COLUMNS);
      },
    );
  remote(versions.command('get'))
    .description('show one version with the report of its import')
    .argument('<model@number>')
    .addHelpText('after', example('versions get my-model@2'))
    .action(async (reference: string, options: RemoteOptions) => {
      show(await clientOf(options).versions.get(...versionOf(reference)), options);
    });
  remote(versions.command('archive'))
    .description('let a version take no new jobs')
    .argument('<model@number>')
    .option('--undo', 'let it take jobs again', false)
    .addHelpText('after', example('versions archive my-model@1'))
    .action(async (reference: string, options: RemoteOptions & { undo: boolean }) => {
      const body = { archived: !options.undo };
      show(await clientOf(options).versions.update(...versionOf(reference), body), options);
    });
  remote(versions.command('warm'))
    .description('keep a version loaded in every worker, whatever memory others need')
    .argument('<model@number>')
    .option('--undo', 'let it be unloaded again', false)
    .addHelpText('after', example('versions warm my-model@2'))
    .action(async (reference: string, options: RemoteOptions & { undo: boolean }) => {
      const body = { warm: !options.undo };
      show(await clientOf(options).versions.update(...versionOf(reference), body), options);
    });
  remote(versions.command('delete'))
    .description('delete a version, or cancel its import; aliases and unfinished jobs keep it')
    .argument('<model@number>')
    .addHelpText('after', example('versions delete my-model@1'))
    .action(async (reference: string, options: RemoteOptions) => {
      await clientOf(options).versions.delete(...versionOf(reference));
    });
}

/** How moderations read the labels, where the command says so. */
function moderationOf({ safeLabel, threshold }: ImportCommandOptions): { moderation?: Moderation } {
  if (safeLabel.length === 0 && threshold.length === 0) return {};
  const thresholds = threshold.map((option): [string, number] => {
    const at = option.lastIndexOf('=');
    const probability = Number(option.slice(at + 1) || Number.NaN);
    if (at < 1 || !(probability >= 0 && probability <= 1))
      throw new CliError(`--threshold ${option}: a label, and a probability from 0 to 1`, EXIT.usage);
    return [option.slice(0, at), probability];
  });
  return {
    moderation: {
      ...(safeLabel.length > 0 ? { safe_labels: safeLabel } : {}),
      ...(thresholds.length > 0 ? { thresholds: Object.fromEntries(thresholds) } : {}),
    },
  };
}

function versionOf(reference: string): [model: string, version: string] {
  const { model, rest } = splitReference(reference, 'number');
  return [model, rest];
}

function show(version: Version, options: RemoteOptions): void {
  print(formatOf(options), [version], VERSION_COLUMNS);
  if (formatOf(options) === 'table') process.stdout.write(describeReport(version));
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CliError(`${option} ${text} is not a number`, EXIT.usage);
  return Number(text);
}
