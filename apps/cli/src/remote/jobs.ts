import type { Job } from '@heddle/client';
import { LIMITS, oneLine } from '@heddle/contracts';
import { type Command, Option } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { type AskingOptions, askedOf, asking, inputsOf } from './inputs.js';
import { durableJob, exitStatusOf, watchJob } from './job-run.js';
import {
  clientOf,
  collect,
  formatOf,
  printPage,
  type RemoteOptions,
  remote,
  splitPair,
  toSeconds,
} from './options.js';
import { describeResult, JOB_COLUMNS, print } from './output.js';
import { canceledOnInterrupt, interruptible, untilEnded } from './until-ended.js';

/** Longest wait unless told otherwise: that of the longest deadline, and some more. */
const DEFAULT_TIMEOUT_S = LIMITS.maxDeadlineS + 600;

interface SubmitOptions extends RemoteOptions, AskingOptions {
  priority?: 'high' | 'normal' | 'low';
  deadline?: number;
  resultTtl?: number;
  webhook?: string;
  webhookEvent: string[];
  metadata: string[];
  idempotencyKey?: string;
}

interface WaitOptions extends RemoteOptions {
  timeout: number;
  cancelOnInterrupt: boolean;
}

export function addJobCommands(program: Command, exit: (status: number) => void): void {
  const jobs = program
    .command('jobs')
    .description('submit jobs, show, list, wait for, watch, cancel and purge them');
  addSubmit(jobs);
  remote(jobs.command('get'))
    .description('show one job')
    .argument('<id>', 'job_…')
    .addHelpText('after', example('jobs get job_01k… --json'))
    .action(async (id: string, options: RemoteOptions) => {
      showJob(await clientOf(options).jobs.get(id), options);
    });
  remote(jobs.command('list'))
    .description('list jobs, newest first')
    .option('--status <status...>', 'only these: queued running succeeded failed canceled expired')
    .option('--model <name>', 'only of this model')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('jobs list --status failed --limit 5'))
    .action(async (options: RemoteOptions & { status?: Job['status'][]; model?: string; limit: string }) => {
      const { status = [], model, limit } = options;
      const filter = { status, limit: Number(limit), ...(model ? { model } : {}) };
      printPage(options, await clientOf(options).jobs.list(filter).page(), JOB_COLUMNS);
    });
  remote(jobs.command('cancel'))
    .description('cancel a job; one that has ended stays as it is')
    .argument('<id>', 'job_…')
    .addHelpText('after', example('jobs cancel job_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      showJob(await clientOf(options).jobs.cancel(id), options);
    });
  waiting(remote(jobs.command('wait')))
    .description('wait until a job has ended, and show it with its answers')
    .addHelpText('after', example('jobs wait job_01k… --timeout 60'))
    .action((id: string, options: WaitOptions) =>
      whileWaiting(id, options, async (client, signal) => {
        const wait = { timeoutS: options.timeout, signal };
        const begun = await client.jobs.get(id, { include: 'none', signal });
        await untilEnded(begun, durableJob(client, id), wait);
        const job = await client.jobs.get(id, { signal });
        showJob(job, options);
        exit(exitStatusOf(job));
      }),
    );
  waiting(remote(jobs.command('watch')))
    .description('print what happens to a job as it happens, answers too, until it has ended')
    .addHelpText('after', example('jobs watch job_01k… --output jsonl'))
    .action((id: string, options: WaitOptions) =>
      whileWaiting(id, options, async (client, signal) => {
        const watch = { format: formatOf(options), timeoutS: options.timeout, signal };
        exit(exitStatusOf(await watchJob(client, id, watch)));
      }),
    );
  remote(jobs.command('purge'))
    .description('erase the texts and results of a job that has ended')
    .argument('<id>', 'job_…')
    .addHelpText('after', example('jobs purge job_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      showJob(await clientOf(options).jobs.purge(id), options);
    });
}

function addSubmit(jobs: Command): void {
  asking(remote(jobs.command('submit')))
    .description('submit texts as one job, and print it without waiting for its end')
    .addOption(new Option('--priority <priority>', 'normal by default').choices(['high', 'normal', 'low']))
    .option('--deadline <seconds>', 'a job that has not ended by then expires; 600 by default', toSeconds)
    .option('--result-ttl <seconds>', 'texts and results go so long after the end', toSeconds)
    .option('--webhook <url>', "where its end is told, signed with the tenant's default secret")
    .option('--webhook-event <type>', 'a type, job.* or *; repeatable; by default its end', collect, [])
    .option('--metadata <name=value>', 'kept with the job; repeatable', collect, [])
    .option('--idempotency-key <key>', 'the same key and texts make one job, however often')
    .addHelpText(
      'after',
      example('jobs submit ner "Angela Merkel spoke in Paris" --idempotency-key order-17'),
    )
    .action(async (model: string, texts: string[], options: SubmitOptions) => {
      if (options.webhook === undefined && options.webhookEvent.length > 0)
        throw new CliError('--webhook-event is of a webhook: give --webhook too', EXIT.usage);
      const inputs = await inputsOf(texts, options.items);
      const body = { model, inputs, ...askedOf(options), ...fieldsOf(options) };
      const { idempotencyKey } = options;
      // Which of its types the body has, the server says.
      showJob(await clientOf(options).jobs.create(body as never, { idempotencyKey }), options);
    });
}

function fieldsOf({ priority, deadline, resultTtl, webhook, webhookEvent, metadata }: SubmitOptions) {
  const events = webhookEvent.length > 0 ? { events: webhookEvent } : {};
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(deadline === undefined ? {} : { deadline_s: deadline }),
    ...(resultTtl === undefined ? {} : { result_ttl_s: resultTtl }),
    ...(webhook === undefined ? {} : { webhook: { url: webhook, ...events } }),
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata.map(splitPair)) } : {}),
  };
}

function waiting(command: Command): Command {
  return command
    .argument('<id>', 'job_…')
    .option('--timeout <seconds>', 'longest wait', toSeconds, DEFAULT_TIMEOUT_S)
    .option('--cancel-on-interrupt', 'Ctrl-C cancels the job', false);
}

async function whileWaiting(
  id: string,
  options: WaitOptions,
  work: (client: ReturnType<typeof clientOf>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const client = clientOf(options);
  await interruptible((signal) => {
    const ending = work(client, signal);
    if (!options.cancelOnInterrupt) return ending;
    return canceledOnInterrupt(ending, { id, signal, cancel: () => client.jobs.cancel(id) });
  });
}

function showJob(job: Job, options: RemoteOptions): void {
  print(formatOf(options), [job], JOB_COLUMNS);
  if (formatOf(options) !== 'table') return;
  for (const result of job.results ?? [])
    process.stdout.write(`${result.index}  ${describeResult(result)}\n`);
  if (job.error) process.stdout.write(`${job.error.code}: ${oneLine(job.error.message)}\n`);
}
