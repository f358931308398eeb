import type { Command } from 'commander';
import { example } from '../command-name.js';
import { type AskingOptions, askedOf, asking, inputsOf } from './inputs.js';
import { clientOf, formatOf, type RemoteOptions, remote, submittingToTheEnd, toSeconds } from './options.js';
import { run } from './run.js';

interface RunOptions extends RemoteOptions, AskingOptions {
  timeout?: number;
  cancelOnInterrupt: boolean;
}

export function addRunCommand(program: Command, exit: (status: number) => void): void {
  asking(remote(program.command('run')))
    .description('run texts through a model and print the answers')
    .option('--timeout <seconds>', 'longest wait; by default as long as it takes', toSeconds)
    .option('--cancel-on-interrupt', 'Ctrl-C cancels what was submitted', false)
    .addHelpText('after', example('run sentiment "I loved it" "meh" -p top_k=1'))
    .action(async (model: string, texts: string[], options: RunOptions) => {
      const { items, timeout, cancelOnInterrupt } = options;
      const client = clientOf(options, cancelOnInterrupt ? { fetch: submittingToTheEnd } : {});
      const status = await run(client, {
        fields: { model, ...askedOf(options) },
        inputs: await inputsOf(texts, items),
        format: formatOf(options),
        timeoutS: timeout,
        cancelOnInterrupt,
      });
      exit(status);
    });
}
