import type { AddressInfo } from 'node:net';
import { isWebhookSecret } from '@heddle/contracts';
import { newSecret } from '@heddle/webhooks';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { COMMAND, example } from '../command-name.js';
import { type Failing, type Received, startReceiver } from './receiver.js';

interface ListenOptions {
  host: string;
  port: number;
  path: string;
  secret?: string[];
  fail?: Failing;
  json: boolean;
}

/** `heddle webhooks listen`: a receiver on this machine, to see events with. */
export function addListenCommand(webhooks: Command): void {
  webhooks
    .command('listen')
    .description('receive events on this machine, verify each and print it on a line')
    .option('--port <n>', 'port to listen on; 0 takes a free one', toPort, 8788)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for a Heddle in a container', '127.0.0.1')
    .option('--path <url-path>', 'the only path that is answered', toPath, '/')
    .addOption(
      new Option(
        '--secret <whsec_…>',
        'secret of the webhook; repeatable (in the variable with a blank between), as while one is rotated; by default one made for this run',
      )
        .env('HEDDLE_WEBHOOK_SECRET')
        .argParser(toSecrets),
    )
    .option(
      '--fail <how>',
      'answer good events with a status, such as 500, or with timeout or reset',
      toFailing,
    )
    .option('--json', 'one JSON object a line, with the whole event', false)
    .addHelpText('after', example('webhooks listen --port 9000 --secret whsec_…'))
    .action(listen);
}

async function listen(options: ListenOptions): Promise<void> {
  const { secret: given = [] } = options;
  const secrets = given.length > 0 ? given : [newSecret()];
  const print = options.json ? asJson : asLine;
  const server = await startReceiver({
    ...options,
    secrets,
    onReceived: (received) => process.stdout.write(`${print(received)}\n`),
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${isWildcard(options.host) ? 'localhost' : bracketed(options.host)}:${port}${options.path}`;
  process.stderr.write(introduction(url, given.length > 0 ? null : secrets[0]!));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  server.close();
  server.closeAllConnections();
}

/** `fresh`: the secret of this run, which nobody else knows; null where the user has given it. */
function introduction(url: string, fresh: string | null): string {
  const heddle = process.env.HEDDLE_URL ?? 'http://127.0.0.1:8080';
  const body = JSON.stringify({ url, events: ['*'], secret: fresh ?? 'whsec_…' });
  return `listening on ${url} (Ctrl-C ends it)

Heddle calls private addresses and http only when it was started so:
  HEDDLE_WEBHOOK_ALLOW_HTTP=true HEDDLE_WEBHOOK_ALLOW_PRIVATE=true ${COMMAND} up
Make the webhook${fresh === null ? '' : ', with the secret of this run'}:
  curl -s "${heddle}/v1/webhooks" -H "Authorization: Bearer $HEDDLE_API_KEY" -H 'Content-Type: application/json' \\
    -d '${body}'

`;
}

/** For scripts. */
function asJson({ id, again, refusal, event, answer }: Received): string {
  return JSON.stringify({
    received_at: new Date(),
    id,
    verified: refusal === null,
    again,
    error: refusal,
    answer,
    event,
  });
}

/** `12:00:07 job.succeeded evt_… job_… succeeded`, or why it was refused. */
function asLine({ id, again, refusal, event, answer }: Received): string {
  const { type, data } = (event ?? {}) as { type?: unknown; data?: { id?: unknown; status?: unknown } };
  const words = refusal === null ? [type, id, data?.id, data?.status] : ['REFUSED', id, refusal];
  if (again) words.push('(again)');
  if (answer !== 204 && refusal === null) words.push(`(answered with ${answer})`);
  const time = new Date().toTimeString().slice(0, 8);
  return [time, ...words.filter((word) => word !== undefined && word !== null).map(printable)].join(' ');
}

/** Senders without the secret must not write to the terminal what it obeys. */
function printable(word: unknown): string {
  return String(word)
    .slice(0, 200)
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('It is a number from 0 to 65535.');
}

function toPath(text: string): string {
  if (/^\/[\w./~-]*$/.test(text)) return text;
  throw new InvalidArgumentError('It begins with "/" and has letters, digits, ".", "_", "~", "-" and "/".');
}

function toSecrets(text: string, before: string[] = []): string[] {
  // None in a variable that is empty: it is one that is unset.
  const secrets = text.split(/\s+/).filter((secret) => secret !== '');
  if (secrets.every(isWebhookSecret)) return [...before, ...secrets];
  throw new InvalidArgumentError('It is whsec_ and 24 to 64 bytes as base64, as the webhook was made with.');
}

function toFailing(text: string): Failing {
  if (text === 'timeout' || text === 'reset') return text;
  const status = /^[345]\d\d$/.test(text) ? Number(text) : Number.NaN;
  if (status >= 300) return status;
  throw new InvalidArgumentError('It is a status from 300 to 599, timeout or reset.');
}
