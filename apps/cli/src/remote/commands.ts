import type { Job } from '@heddle/client';
import { oneLine } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { addAliasCommands } from './aliases.js';
import { addBatchCommands } from './batches.js';
import { addDeliveryCommands } from './deliveries.js';
import { addEvaluationCommands } from './evaluations.js';
import { addFileCommands } from './files.js';
import { addModelCommands } from './models.js';
import {
  clientOf,
  collect,
  formatOf,
  parametersOf,
  printPage,
  type RemoteOptions,
  remote,
  submittingToTheEnd,
} from './options.js';
import { describeResult, JOB_COLUMNS, print } from './output.js';
import { run } from './run.js';
import { addTenantCommands } from './tenants.js';
import { addVersionCommands } from './versions.js';

/** Commands that speak HTTP to a Heddle anywhere. */
export function addRemoteCommands(program: Command, exit: (status: number) => void): void {
  remote(program.command('run'))
    .description('run texts through a model and print the answers')
    .argument('<model>', 'name, name@alias, name@3 or ver_…')
    .argument('[texts...]', 'texts; none or "-" reads standard input, one text a line')
    .option('--task <task>', "a task of the model; by default the model's first")
    .option(
      '-p, --parameter <name=value>',
      'parameter of the task, the value as JSON or a string; repeatable',
      collect,
      [],
    )
    .option('--cancel-on-interrupt', 'Ctrl-C cancels what was submitted', false)
    .addHelpText('after', example('run sentiment "I loved it" "meh" -p top_k=1'))
    .action(
      async (
        model: string,
        texts: string[],
        options: RemoteOptions & { task?: string; parameter: string[]; cancelOnInterrupt: boolean },
      ) => {
        const { task, parameter, cancelOnInterrupt } = options;
        exit(
          await run(clientOf(options, cancelOnInterrupt ? { fetch: submittingToTheEnd } : {}), {
            model,
            texts,
            parameters: parametersOf(parameter),
            format: formatOf(options),
            cancelOnInterrupt,
            ...(task === undefined ? {} : { task }),
          }),
        );
      },
    );

  const jobs = program.command('jobs').description('show, list, cancel and purge jobs');
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

  remote(jobs.command('purge'))
    .description('erase the texts and results of a job that has ended')
    .argument('<id>', 'job_…')
    .addHelpText('after', example('jobs purge job_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      showJob(await clientOf(options).jobs.purge(id), options);
    });

  addBatchCommands(program, exit);
  addEvaluationCommands(program, exit);
  addModelCommands(program);
  addVersionCommands(program, exit);
  addAliasCommands(program);
  addFileCommands(program);
  addDeliveryCommands(program);
  addTenantCommands(program);
}

function showJob(job: Job, options: RemoteOptions): void {
  print(formatOf(options), [job], JOB_COLUMNS);
  if (formatOf(options) !== 'table') return;
  for (const result of job.results ?? [])
    process.stdout.write(`${result.index}  ${describeResult(result)}\n`);
  if (job.error) process.stdout.write(`${job.error.code}: ${oneLine(job.error.message)}\n`);
}
