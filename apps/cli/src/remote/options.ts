import { type ClientOptions, HeddleClient, type Page, TimeoutError } from '@heddle/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { connectionOf, DEFAULT_SERVER } from './connection.js';
import { CliError, EXIT } from './errors.js';
import { type OutputFormat, print } from './output.js';

/** How to print. */
export interface OutputOptions {
  output: OutputFormat;
  json?: boolean;
}

/** Options of every command that speaks HTTP. */
export interface RemoteOptions extends OutputOptions {
  server?: string;
  key?: string;
  profile?: string;
}

export function remote(command: Command): Command {
  command
    .option('--server <url>', `address of Heddle; else HEDDLE_URL, the profile's, or ${DEFAULT_SERVER}`)
    .option('--key <key>', "API key; else HEDDLE_API_KEY, or the profile's")
    .option(
      '--profile <name>',
      'a server and key of `profiles list`; else HEDDLE_PROFILE, or the current one',
    );
  return outputOptions(command);
}

export function outputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--output <format>', 'how to print').choices(['table', 'json', 'jsonl']).default('table'),
    )
    .option('--json', 'short for --output json');
}

/** Throws CliError where nothing names a server or a key. */
export function clientOf(options: RemoteOptions, more: Partial<ClientOptions> = {}): HeddleClient {
  const { server, key } = connectionOf(options);
  return new HeddleClient({ baseUrl: server, apiKey: key, ...more });
}

/** After Ctrl-C, a submission that is under way is given so long to say what it has made. */
const LAST_ANSWER_MS = 10_000;

/**
 * The id of what a submission makes is in its answer: Ctrl-C does not break one off that is under way, but for one that
 * stays without an answer. Nor is it tried again then.
 */
export const submittingToTheEnd: typeof fetch = (url, init) => {
  const { signal } = init ?? {};
  if (typeof init?.body !== 'string' || !signal) return fetch(url, init);
  const own = new AbortController();
  const onAbort = () => {
    const end = () => own.abort(signal.reason);
    if (signal.reason instanceof TimeoutError) end();
    else setTimeout(end, LAST_ANSWER_MS).unref();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return fetch(url, { ...init, signal: own.signal }).then((response) => whole(response, own.signal));
};

/**
 * A response with its body, which is small, already read. What Node's fetch breaks off by a signal is its own to forget: once its
 * request is garbage, half a body would never end.
 */
async function whole(response: Response, signal: AbortSignal): Promise<Response> {
  const aborted = new Promise<never>((_, refuse) => {
    signal.addEventListener('abort', () => refuse(signal.reason), { once: true });
  });
  const text = await Promise.race([response.text(), aborted]);
  const { status, statusText, headers } = response;
  return new Response(text === '' ? null : text, { status, statusText, headers });
}

export function formatOf({ output, json }: OutputOptions): OutputFormat {
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

/** `name=value` of an option. */
export function splitPair(text: string): [name: string, value: string] {
  const separator = text.indexOf('=');
  if (separator < 1) throw new CliError(`"${text}" is not name=value`, EXIT.usage);
  return [text.slice(0, separator), text.slice(separator + 1)];
}

/** `top_k=2` → ['top_k', 2]; what is not JSON is a string. */
function parseParameter(text: string): [string, unknown] {
  const [name, value] = splitPair(text);
  try {
    return [name, JSON.parse(value) as unknown];
  } catch {
    return [name, value];
  }
}
