import type { Worker } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const MIB = 1024 * 1024;

const WORKER_COLUMNS: Record<string, (worker: Worker) => string> = {
  ID: ({ id }) => id,
  STATUS: ({ status }) => status,
  HOST: ({ host }) => host,
  DEVICE: ({ device }) => device,
  THREADS: ({ threads }) => String(threads),
  RUNNING: (worker) => String(worker.jobs_running),
  DONE: (worker) => String(worker.jobs_done),
  LOADED: ({ versions }) => String(versions.length),
  HEARTBEAT: (worker) => worker.heartbeat_at,
  BUILD: ({ build }) => build ?? '-',
};
const LOADED_COLUMNS: Record<string, (loaded: Worker['versions'][number]) => string> = {
  VERSION: ({ version }) => version,
  MODEL: ({ model }) => model,
  'MEMORY MIB': (loaded) => String(Math.round(loaded.rss_bytes / MIB)),
};

/** For operators. */
export function addWorkerCommands(program: Command): void {
  const workers = program.command('workers').description('see workers, and let them end in order');
  remote(workers.command('list'))
    .description('list the workers of the instance, newest first')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('workers list'))
    .action(async (options: RemoteOptions & { limit: string }) => {
      const page = await clientOf(options)
        .workers.list({ limit: Number(options.limit) })
        .page();
      printPage(options, page, WORKER_COLUMNS);
    });
  remote(workers.command('get'))
    .description('show one worker with the versions in its memory')
    .argument('<id>', 'wrk_…')
    .addHelpText('after', example('workers get wrk_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      show(await clientOf(options).workers.get(id), options);
    });
  remote(workers.command('drain'))
    .description('let a worker end once it has done what it holds; it takes nothing more')
    .argument('<id>', 'wrk_…')
    .addHelpText('after', example('workers drain wrk_01k…'))
    .action(async (id: string, options: RemoteOptions) => {
      show(await clientOf(options).workers.drain(id), options);
    });
}

function show(worker: Worker, options: RemoteOptions): void {
  print(formatOf(options), [worker], WORKER_COLUMNS);
  if (formatOf(options) === 'table' && worker.versions.length > 0)
    print('table', worker.versions, LOADED_COLUMNS);
}
