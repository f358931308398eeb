import type { Batch, BodyOf } from '@heddle/client';
import { oneLine, type Task } from '@heddle/contracts';
import { type Command, Option } from 'commander';
import { example } from '../command-name.js';
import { createBatch, downloadFiles, durableBatch, exitStatusOf, makeFolder } from './batch-run.js';
import { CliError, EXIT } from './errors.js';
import {
  clientOf,
  collect,
  formatOf,
  parametersOf,
  printPage,
  type RemoteOptions,
  remote,
  toSeconds,
} from './options.js';
import { print } from './output.js';
import { canceledOnInterrupt, interruptible, untilEnded } from './until-ended.js';

const BATCH_COLUMNS: Record<string, (batch: Batch) => string> = {
  ID: (batch) => batch.id,
  STATUS: (batch) => batch.status,
  MODEL: ({ model, version_number: number }) => (model === null ? '-' : `${model}@${number}`),
  LINES: (batch) => String(batch.counts.total),
  SUCCEEDED: (batch) => String(batch.counts.succeeded),
  FAILED: (batch) => String(batch.counts.failed),
  CANCELED: (batch) => String(batch.counts.canceled),
  EXPIRED: (batch) => String(batch.counts.expired),
  CREATED: (batch) => batch.created_at,
};
/** Longest wait: that of the longest window, and some more to write the files. */
const DEFAULT_TIMEOUT_S = '691200';

interface CreateOptions extends RemoteOptions {
  model: string;
  task?: Task;
  parameter: string[];
  window?: number;
  invalidLines?: 'reject' | 'skip';
  priority?: 'high' | 'normal' | 'low';
  wait: boolean;
  out?: string;
  timeout: number;
  cancelOnInterrupt: boolean;
}

export function addBatchCommands(program: Command, exit: (status: number) => void): void {
  const batches = program
    .command('batches')
    .description('run files of lines, and get their answers as files');
  remote(batches.command('create'))
    .description('upload a file and run each of its lines')
    .argument('<file>', 'JSONL: {"custom_id": …, "input": …, "parameters"?: …}')
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .option('--task <task>', "a task of the model; by default the model's first")
    .option('-p, --parameter <name=value>', 'parameter of the task for every line; repeatable', collect, [])
    .option('--window <seconds>', 'lines that have not run by then expire', toSeconds)
    .addOption(
      new Option('--invalid-lines <what>', 'what to do about lines that cannot run').choices([
        'reject',
        'skip',
      ]),
    )
    .addOption(new Option('--priority <priority>', 'low by default').choices(['high', 'normal', 'low']))
    .option('--wait', 'wait for the end', false)
    .option('--out <folder>', 'wait for the end, and write the output and error file there')
    .option('--timeout <seconds>', 'longest wait', toSeconds, toSeconds(DEFAULT_TIMEOUT_S))
    .option('--cancel-on-interrupt', 'Ctrl-C cancels the batch', false)
    .addHelpText('after', example('batches create reviews.jsonl --model sentiment --out answers -p top_k=1'))
    .action(async (path: string, options: CreateOptions) => {
      const client = clientOf(options);
      await interruptible(async (signal) => {
        // Before anything is sent: hours later is late to hear of it.
        if (options.out !== undefined) await makeFolder(options.out);
        const created = await createBatch(client, path, bodyOf(options), signal);
        if (!options.wait && options.out === undefined) return show(created, options);
        const wait = { timeoutS: options.timeout, signal };
        const waiting = untilEnded(created, durableBatch(client, created.id), wait);
        const batch = await (options.cancelOnInterrupt
          ? canceledOnInterrupt(waiting, {
              id: created.id,
              signal,
              cancel: () => client.batches.cancel(created.id),
            })
          : waiting);
        if (options.out !== undefined) await downloadFiles(client, batch, options.out, signal);
        show(batch, options);
        exit(exitStatusOf(batch));
      });
    });
  remote(batches.command('get'))
    .description('show one batch')
    .argument('<id>', 'bat_…')
    .addHelpText('after', example('batches get bat_01k… --json'))
    .action(async (id: string, options: RemoteOptions) =>
      show(await clientOf(options).batches.get(id), options),
    );
  remote(batches.command('list'))
    .description('list batches, newest first')
    .option(
      '--status <status...>',
      'only these: validating running finalizing canceling succeeded failed canceled expired',
    )
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('batches list --status running'))
    .action(async (options: RemoteOptions & { status?: Batch['status'][]; limit: string }) => {
      const { status = [], limit } = options;
      const page = await clientOf(options)
        .batches.list({ status, limit: Number(limit) })
        .page();
      printPage(options, page, BATCH_COLUMNS);
    });
  remote(batches.command('cancel'))
    .description('cancel a batch; lines that are done stay done')
    .argument('<id>', 'bat_…')
    .addHelpText('after', example('batches cancel bat_01k…'))
    .action(async (id: string, options: RemoteOptions) =>
      show(await clientOf(options).batches.cancel(id), options),
    );
  remote(batches.command('watch'))
    .description('show how far a batch is until it ends')
    .argument('<id>', 'bat_…')
    .option('--timeout <seconds>', 'longest wait', toSeconds, toSeconds(DEFAULT_TIMEOUT_S))
    .addHelpText('after', example('batches watch bat_01k…'))
    .action(async (id: string, options: RemoteOptions & { timeout: number }) => {
      const client = clientOf(options);
      await interruptible(async (signal) => {
        const wait = { timeoutS: options.timeout, signal };
        const batch = await untilEnded(await client.batches.get(id), durableBatch(client, id), wait);
        show(batch, options);
        exit(exitStatusOf(batch));
      });
    });
  remote(batches.command('results'))
    .description('get the output and the error file of a batch that has ended')
    .argument('<id>', 'bat_…')
    .option('--out <folder>', 'where to write them', '.')
    .addHelpText('after', example('batches results bat_01k… --out answers'))
    .action(async (id: string, options: RemoteOptions & { out: string }) => {
      const client = clientOf(options);
      const batch = await client.batches.get(id);
      if (!batch.completed_at)
        throw new CliError(`${batch.id} is ${batch.status}: it has no files yet`, EXIT.conflict);
      const paths = await interruptible((signal) => downloadFiles(client, batch, options.out, signal));
      if (formatOf(options) !== 'table') show(batch, options);
      else for (const path of paths) process.stdout.write(`${path}\n`);
      exit(exitStatusOf(batch));
    });
}

function bodyOf({
  model,
  task,
  parameter,
  window,
  invalidLines,
  priority,
}: CreateOptions): Omit<BodyOf<'createBatch'>, 'file'> {
  return {
    model,
    parameters: parametersOf(parameter),
    ...(task === undefined ? {} : { task }),
    ...(window === undefined ? {} : { window_s: window }),
    ...(invalidLines === undefined ? {} : { invalid_lines: invalidLines }),
    ...(priority === undefined ? {} : { priority }),
  };
}

function show(batch: Batch, options: RemoteOptions): void {
  print(formatOf(options), [batch], BATCH_COLUMNS);
  if (formatOf(options) !== 'table') return;
  for (const { line, code, message } of batch.errors)
    process.stderr.write(`${line === null ? '' : `line ${line}: `}${code}: ${oneLine(message)}\n`);
  const more = batch.error_count - batch.errors.length;
  if (more > 0) process.stderr.write(`and ${more} more\n`);
}
