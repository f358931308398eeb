import { orExit, readEnvironment } from '@heddle/config';
import type { Command } from 'commander';
import { example } from './command-name.js';
import type { TuneOptions } from './tune-models.js';

export function addTuningCommand(program: Command, exit: (status: number) => void): void {
  program
    .command('tune')
    .description('show how model versions run best on this machine, or measure it')
    .argument('[models...]', 'name, or name@number; every model without one')
    .option(
      '--redo',
      'measure now, best without other work on the machine; workers follow within a minute',
      false,
    )
    .option('--json', 'print everything that was measured', false)
    .addHelpText(
      'after',
      `\nWorkers measure by themselves when they have nothing to do (docs/tuning.md).${example('tune sentiment --redo')}`,
    )
    .action(async (models: string[], options: TuneOptions) => {
      const values = orExit(() => readEnvironment(process.env));
      const { tuneModels } = await import('./tune-models.js');
      await tuneModels(values, models, options, exit);
    });
}
