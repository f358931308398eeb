import { type ClientOptions, HeddleClient, type Page } from '@heddle/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT } from './errors.js';
import { type OutputFormat, print } from './output.js';

/** Options of every command that speaks HTTP. */
export interface RemoteOptions {
  server: string;
  key?: string;
  output: OutputFormat;
  json?: boolean;
}

export function remote(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'address of Heddle').env('HEDDLE_URL').default('http://127.0.0.1:8080'),
    )
    .addOption(new Option('--key <key>', 'API key').env('HEDDLE_API_KEY'))
    .addOption(
      new Option('--output <format>', 'how to print').choices(['table', 'json', 'jsonl']).default('table'),
    )
    .option('--json', 'short for --output json');
}

/** Throws CliError where the options name no server or no key. */
export function clientOf({ server, key }: RemoteOptions, more: Partial<ClientOptions> = {}): HeddleClient {
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new CliError(`"${server}" is not a URL that begins with http:// or https://`, EXIT.usage);
  }
  if (!key) throw new CliError('no key: set HEDDLE_API_KEY or give --key', EXIT.auth);
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CliError('the key holds characters that no key has: see HEDDLE_API_KEY or --key', EXIT.auth);
  return new HeddleClient({ baseUrl: server, apiKey: key, ...more });
}

/** The id of what a submission makes is in its answer: one that is under way is not broken off, only not tried again. */
export const submittingToTheEnd: typeof fetch = (url, init) =>
  fetch(url, typeof init?.body === 'string' ? { ...init, signal: null } : init);

export function formatOf({ output, json }: RemoteOptions): OutputFormat {
  return json ? 'json' : output;
}

/** A page as the API gave it, or its objects one a line. */
export function printPage<T>(
  options: RemoteOptions,
  page: Page<T>,
  columns: Record<string, (object: T) => string>,
): void {
  if (formatOf(options) === 'json') print('json', [page], {});
  else print(formatOf(options), page.data, columns);
}

/** For options that may be given several times. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Parameters of a task from options `name=value`, the value as JSON or a string. */
export function parametersOf(options: string[]): Record<string, unknown> {
  return Object.fromEntries(options.map(parseParameter));
}

/** A limit of an option. */
export type Limit = number | 'default';

export function toLimit(text: string): Limit {
  if (text === 'default') return text;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number, or "default".');
}

export function toSeconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of seconds.');
}

export function toCount(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}

/** `model@thing` of an argument. */
export function splitReference(reference: string, thing: string): { model: string; rest: string } {
  const [model, rest, ...more] = reference.split('@');
  if (!model || !rest || more.length > 0)
    throw new CliError(`"${reference}" is not model@${thing}`, EXIT.usage);
  return { model, rest };
}

/** `top_k=2` → ['top_k', 2]; what is not JSON is a string. */
function parseParameter(text: string): [string, unknown] {
  const separator = text.indexOf('=');
  if (separator < 1) throw new CliError(`"${text}" is not name=value`, EXIT.usage);
  const value = text.slice(separator + 1);
  try {
    return [text.slice(0, separator), JSON.parse(value) as unknown];
  } catch {
    return [text.slice(0, separator), value];
  }
}
