import { LIMITS, TASKS } from '@heddle/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { example } from './command-name.js';
import type { AblateCommand, AttentionCommand } from './local-reports.js';
import { collect } from './remote/options.js';
import { readingOptions, toObject } from './remote/reading-options.js';

const MAX_SEED = 2 ** 32 - 1;

/** Reports that run a version's graphs on this machine, with the database and the artefact store, without a server. */
export function addLocalEvaluationCommands(evaluations: Command): void {
  reportOptions(evaluations.command('ablate'))
    .description("what a model's position terms and mask decoder are good for, measured on this machine")
    .requiredOption('--dataset <file>', 'examples; for a masked language model texts will do')
    .option('--checkpoint <folder>', 'what the version was imported from; of shipped models it is known')
    .addOption(new Option('--task <task>', "by default the model's first").choices(TASKS))
    .option('--parameters <json>', 'parameters of the task', toObject)
    .option('-p, --parameter <name=value>', 'one of them; repeatable', collect, [])
    .addOption(new Option('--squad <version>', "which of SQuAD's scripts measures").choices(['1', '2']))
    .option('--no-int8', 'leave the row in int8 out')
    .option('--seed <n>', 'of intervals, and of which tokens are hidden', toNumber(0, MAX_SEED), 0)
    .option(
      '--resamples <n>',
      'of the bootstrap; 0 leaves intervals out',
      toNumber(0, LIMITS.maxResamples),
      1000,
    )
    .addHelpText(
      'after',
      `\nIt runs without a server and takes the time of one evaluation for each row (docs/ablation.md).${example('evaluations ablate --model topic --dataset test.jsonl --markdown ablation.md')}`,
    )
    .action(async (options: AblateCommand) => {
      const { runAblate } = await import('./local-reports.js');
      await runAblate(options);
    });

  reportOptions(evaluations.command('attention'))
    .description(
      'where a model looks: attention by distance, and on diagonals and special tokens, by layer and head',
    )
    .option('--dataset <file>', 'texts, or examples of any format')
    .option('--text <text>', 'a text; repeatable', collect, [])
    .addHelpText(
      'after',
      `\nIt runs without a server (docs/ablation.md).${example('evaluations attention --model topic --dataset test.jsonl --svg attention.svg')}`,
    )
    .action(async (options: AttentionCommand) => {
      const { runAttention } = await import('./local-reports.js');
      await runAttention(options);
    });
}

function reportOptions(command: Command): Command {
  command
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .option('--tenant <slug>', 'whose model, where several have one of that name');
  return readingOptions(command)
    .option('--limit <n>', 'only the first examples', toNumber(1, LIMITS.maxEvaluationItems))
    .option('--json <file>', 'write the report as JSON; - prints it in place of Markdown')
    .option('--markdown <file>', 'write it as Markdown, which is printed in any case')
    .option('--svg <file>', 'write a chart');
}

function toNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}
