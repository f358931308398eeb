import type { Command } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
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
    .option('--timeout <seconds>', 'longest time for all of it; by default as long as it takes', toSeconds)
    .option('--cancel-on-interrupt', 'Ctrl-C cancels what was submitted', false)
    .addHelpText('after', example('run sentiment "I loved it" "meh" -p top_k=1'))
    .action(async (model: string, texts: string[], options: RunOptions) => {
      const { items, timeout, cancelOnInterrupt } = options;
      const late = lateAfter(timeout);
      const client = clientOf(options, cancelOnInterrupt ? { fetch: submittingToTheEnd } : {});
      const status = await run(client, {
        fields: { model, ...askedOf(options) },
        inputs: await inTime(inputsOf(texts, items), late),
        format: formatOf(options),
        late,
        cancelOnInterrupt,
      });
      exit(status);
    });
}

/** Longest time of a timer, 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Aborts after so many seconds; never without. */
function lateAfter(seconds: number | undefined): AbortSignal {
  if (seconds === undefined) return new AbortController().signal;
  return AbortSignal.timeout(Math.min(MAX_TIMER_MS, seconds * 1000));
}

/** Texts of the command line; those of standard input may never end. Throws CliError. */
async function inTime<T>(reading: Promise<T>, late: AbortSignal): Promise<T> {
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new CliError('standard input has not ended in time; nothing was submitted', EXIT.waitTimeout)),
    );
  });
  return Promise.race([reading, tooLate]);
}
