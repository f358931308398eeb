import { orExit, readEnvironment } from '@heddle/config';
import { DEFAULT_ALIAS } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from './command-name.js';
import { precisionOptions } from './precision-options.js';
import type { SharedImport } from './shared-models.js';

/** The models for every tenant: they are the operator's, who works on the server's machine. */
export function addSharedModelCommands(program: Command): void {
  precisionOptions(program.command('import'))
    .description('add a model for every tenant from a folder of this machine, without a server')
    .argument('<folder>', 'Hugging Face layout: config.json, model.safetensors, tokenizer.json')
    .requiredOption('--name <name>', 'name of the model')
    .option('--description <text>', 'shown in lists', '')
    .option('--promote', `point ${DEFAULT_ALIAS} at it: jobs that name no version use it from then on`, false)
    .addHelpText('after', example('import ./my-checkpoint --name my-model'))
    .action(async (folder: string, options: SharedImport) => {
      const values = orExit(() => readEnvironment(process.env));
      const { importShared } = await import('./shared-models.js');
      await importShared(values, folder, options);
    });

  program
    .command('remove')
    .description('remove a model for every tenant, with its versions and aliases; unfinished jobs keep it')
    .argument('<model>', 'name of the model')
    .addHelpText(
      'after',
      `\nA model that ships with Heddle stays away until it is imported again.${example('remove my-model')}`,
    )
    .action(async (name: string) => {
      const values = orExit(() => readEnvironment(process.env));
      const { removeShared } = await import('./shared-models.js');
      await removeShared(values, name);
    });
}
