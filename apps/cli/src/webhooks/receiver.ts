import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { verify } from '@heddle/webhooks';

/** What to answer instead of 204: a status, nothing at all, or a broken connection. */
export type Failing = number | 'timeout' | 'reset';

/** One request that came to the receiver's path. */
export interface Received {
  /** `webhook-id`, as sent; null when there was none. */
  id: string | null;
  /** Whether an event of that id was verified before. */
  again: boolean;
  /** Why the request was refused; null when its signature is good. */
  refusal: string | null;
  /** The body, when its signature is good. */
  event: unknown;
  /** What was answered. */
  answer: Failing;
}

export interface ReceiverOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The only one that is answered, such as `/` or `/hooks`. */
  path: string;
  /** A request that is signed with any of them is good. */
  secrets: readonly string[];
  /** Instead of 204 for requests that are good. */
  fail?: Failing | undefined;
  onReceived: (received: Received) => void;
}

/** Heddle sends at most 64 KiB; other senders a bit more. */
const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Ids that are remembered, to tell which events came again. */
const MAX_IDS = 10_000;

/** Listens, or rejects with the error of the system. */
export async function startReceiver(options: ReceiverOptions): Promise<Server> {
  const seen = new Set<string>();
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    receive(request, response, options, seen).catch((error: Error) => {
      process.stderr.write(`a request broke off: ${error.message}\n`);
      response.destroy();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return server;
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
  seen: Set<string>,
): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (path !== options.path) return answer(response, 404, `only ${options.path} is here`);
  if (request.method !== 'POST') return answer(response, 405, 'only POST is taken');
  const body = await read(request);
  if (body === null) return answer(response, 413, `at most ${MAX_BODY_BYTES} bytes are taken`);
  const received = { ...judge(request, body, options.secrets), answer: options.fail ?? 204 };
  if (received.refusal !== null) received.answer = 400;
  const again = received.id !== null && seen.has(received.id);
  if (received.refusal === null) remember(received.id!, seen);
  options.onReceived({ ...received, again });
  answer(response, received.answer, received.refusal ?? '');
}

/** Null when it is too large. */
async function read(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function judge(
  request: IncomingMessage,
  body: Buffer,
  secrets: readonly string[],
): Pick<Received, 'id' | 'refusal' | 'event'> {
  const headers = request.headers as Record<string, string>;
  const id = headers['webhook-id'] ?? null;
  let refusal = '';
  for (const secret of secrets) {
    try {
      return { id, refusal: null, event: verify(body, headers, secret) };
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
    }
  }
  return { id, refusal, event: null };
}

function remember(id: string, seen: Set<string>): void {
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > MAX_IDS) seen.delete(oldest!);
}

function answer(response: ServerResponse, status: Failing, text: string): void {
  if (status === 'timeout') return;
  if (status === 'reset') return void response.socket?.resetAndDestroy();
  // What was not read of a body would be the next request of the connection.
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(text && `${text}\n`);
}
