import type { Pool } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

const POOL_COLUMNS: Record<string, (pool: Pool) => string> = {
  NAME: ({ name }) => name,
  MODELS: ({ models }) => models?.join(',') ?? 'all',
  WORKERS: (pool) => `${pool.workers} of ${pool.desired_workers}`,
  STARTING: ({ starting }) => String(starting),
  DRAINING: ({ draining }) => String(draining),
  LOAD: ({ load }) => `${Math.round(load * 100)} %`,
  'WAIT S': (pool) => pool.wait_s?.toFixed(1) ?? '-',
};

/** For operators. */
export function addPoolCommands(program: Command): void {
  const pools = program.command('pools').description('see how many workers there are, and should be');
  remote(pools.command('list'))
    .description('list the pools of workers')
    .addHelpText('after', example('pools list'))
    .action(async (options: RemoteOptions) => {
      printPage(options, await clientOf(options).pools.list().page(), POOL_COLUMNS);
    });
  remote(pools.command('get'))
    .description('show one pool')
    .argument('<name>', 'as the list shows')
    .addHelpText('after', example('pools get default'))
    .action(async (name: string, options: RemoteOptions) => {
      print(formatOf(options), [await clientOf(options).pools.get(name)], POOL_COLUMNS);
    });
}
