import type { Queue } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const QUEUE_COLUMNS: Record<string, (queue: Queue) => string> = {
  VERSION: ({ id }) => id,
  MODEL: (queue) => `${queue.model}@${queue.version_number}`,
  STATE: ({ paused }) => (paused ? 'paused' : 'open'),
  QUEUED: ({ queued }) => String(queued),
  RUNNING: ({ running }) => String(running),
  TOKENS: (queue) => String(queue.queued_tokens),
  'OLDEST S': (queue) => secondsText(queue.oldest_age_s),
  'ETA S': (queue) => secondsText(queue.eta_s),
  WORKERS: (queue) => `${queue.workers} of ${queue.desired_workers}`,
};

export function addQueueCommands(program: Command): void {
  const queues = program
    .command('queues')
    .description('see what waits for each version, and hold it back or let it run');
  remote(queues.command('list'))
    .description('list the queues of your models; an operator sees all')
    .option('--limit <n>', 'how many, 1 to 100', '20')
    .addHelpText('after', example('queues list'))
    .action(async (options: RemoteOptions & { limit: string }) => {
      const page = await clientOf(options)
        .queues.list({ limit: Number(options.limit) })
        .page();
      printPage(options, page, QUEUE_COLUMNS);
    });
  remote(queues.command('pause'))
    .description('let no job of a version run; they are accepted on, and stay queued')
    .argument('<version>', 'ver_…, as the list shows')
    .addHelpText('after', example('queues pause ver_01k…'))
    .action(async (version: string, options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).queues.pause(version)], QUEUE_COLUMNS);
    });
  remote(queues.command('resume'))
    .description('let the jobs of a paused version run again')
    .argument('<version>', 'ver_…, as the list shows')
    .addHelpText('after', example('queues resume ver_01k…'))
    .action(async (version: string, options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).queues.resume(version)], QUEUE_COLUMNS);
    });
}

function secondsText(seconds: number | null): string {
  return seconds === null ? '-' : seconds.toFixed(1);
}
