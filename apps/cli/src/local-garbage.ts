import { orExit, readEnvironment } from '@heddle/config';
import type { Command } from 'commander';
import { example } from './command-name.js';

/** What dispatchers do where they are told to, now; or what they would do. */
export function addGarbageCommand(program: Command): void {
  program
    .command('gc')
    .description('remove artefacts that no version and no file has; the store must be of this database alone')
    .option('--dry-run', 'only say which', false)
    .addHelpText('after', example('gc --dry-run'))
    .action(async ({ dryRun }: { dryRun: boolean }) => {
      const values = orExit(() => readEnvironment(process.env));
      const { collectGarbage } = await import('./collect-garbage.js');
      await collectGarbage(values, dryRun);
    });
}
