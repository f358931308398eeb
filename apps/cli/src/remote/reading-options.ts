import { type Command, InvalidArgumentError } from 'commander';
import { CliError, EXIT } from './errors.js';
import { collect } from './options.js';

/** How the file of a data set is read, as options. */
export interface ReadingFlags {
  format?: string;
  mapping?: Record<string, unknown>;
  labels?: Record<string, unknown>;
  label: string[];
  csv?: Record<string, unknown>;
  conll?: Record<string, unknown>;
}

export function readingOptions(command: Command): Command {
  return command
    .option('--format <format>', 'of the data set, where the file does not tell')
    .option('--mapping <json>', 'which columns make an example', toObject)
    .option('--labels <json>', 'labels of the data set and what the model calls them', toObject)
    .option('--label <theirs=ours>', 'one of them; repeatable', collect, [])
    .option('--csv <json>', 'delimiter, header and quote of CSV', toObject)
    .option('--conll <json>', 'token_column and tag_column of CoNLL', toObject);
}

/** As fields of a request; what was not given is undefined. Throws CliError. */
export function readingOf({ format, mapping, labels, label, csv, conll }: ReadingFlags) {
  const names = { ...labels, ...Object.fromEntries(label.map(parseLabel)) };
  return { format, mapping, labels: Object.keys(names).length > 0 ? names : undefined, csv, conll };
}

export function toObject(text: string): Record<string, unknown> {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new InvalidArgumentError('It is not a JSON object.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`);
  }
}

function parseLabel(text: string): [string, string] {
  const separator = text.indexOf('=');
  if (separator < 1 || separator === text.length - 1)
    throw new CliError(`--label "${text}" is not theirs=ours, e.g. 0=negative`, EXIT.usage);
  return [text.slice(0, separator), text.slice(separator + 1)];
}
