import type { Submission } from '@heddle/client';
import type { Command } from 'commander';
import { CliError, EXIT } from './errors.js';
import { collect, parametersOf } from './options.js';
import { linesOfStdin } from './stdin.js';

/** What is asked of a model, as options. */
export interface AskingOptions {
  task?: string;
  parameter: string[];
  items: boolean;
}

/** The arguments and options of commands that ask a model something. */
export function asking(command: Command): Command {
  return command
    .argument('<model>', 'name, name@alias, name@3 or ver_…')
    .argument('[texts...]', 'texts; none or "-" reads standard input, one text a line')
    .option('--task <task>', "a task of the model; by default the model's first")
    .option(
      '-p, --parameter <name=value>',
      'parameter of the task, the value as JSON or a string; repeatable',
      collect,
      [],
    )
    .option(
      '--items',
      'each text is an item of the task as JSON, such as {"question": …, "context": …}',
      false,
    );
}

/** Task and parameters as fields of a request. The task decides what the parameters mean: that is the server's to say. */
export function askedOf({ task, parameter }: AskingOptions): Pick<Submission, 'parameters'> {
  return { parameters: parametersOf(parameter), ...(task === undefined ? {} : { task }) };
}

/** Inputs of the command line, or of standard input. Throws CliError. */
export async function inputsOf(texts: string[], areItems: boolean): Promise<Submission['inputs']> {
  const given = texts.length === 0 || texts[0] === '-' ? await linesOfStdin() : texts;
  if (given.length === 0)
    throw new CliError('nothing to run: give texts, or lines on standard input', EXIT.usage);
  return areItems ? given.map(itemOf) : given;
}

function itemOf(text: string, index: number): Submission['inputs'][number] {
  try {
    return JSON.parse(text) as Submission['inputs'][number];
  } catch (error) {
    throw new CliError(`text ${index + 1} is not JSON: ${(error as Error).message}`, EXIT.usage);
  }
}
