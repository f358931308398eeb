import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { AttemptError } from '../exchange.js';
import { AttemptFailure } from './failure.js';
import { retryAfter } from './headers.js';

/** What has come of a reply so far, also where reading the rest fails. */
export interface Reply {
  statusCode: number | null;
  retryAfterS: number | null;
  chunks: Buffer[];
}

const MAX_REPLY_BYTES = 64 * 1024;
/** Of all that comes before the reply has ended, with its headers, its framing and any number of provisional replies. */
const MAX_RECEIVED_BYTES = 128 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Sends one POST over `socket`, which is good for no other, and reads the reply into `reply`. Throws AttemptFailure
 * when the connection breaks, the reply is no HTTP or too large (headers beyond 16 KiB and more than 128 KiB in all
 * too), or `signal` aborts.
 */
export async function postOver(
  socket: Socket,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const sent = request({
    createConnection: () => socket,
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': body.length, connection: 'close' },
    setHost: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    signal,
  });
  sent.on('error', () => {});
  // Ends without a reply that no error tells of, such as a switch of protocols.
  sent.once('close', () => sent.emit('error', new Error('the connection was closed')));
  let received = 0;
  // The parser of HTTP listens by now, so nothing passes it by.
  sent.once('socket', () =>
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > MAX_RECEIVED_BYTES) socket.destroy();
    }),
  );
  sent.end(body);
  try {
    const [response] = (await once(sent, 'response', { signal })) as [IncomingMessage];
    reply.statusCode = response.statusCode ?? null;
    reply.retryAfterS = retryAfter(response.headers['retry-after']);
    await read(response, reply);
  } catch (error) {
    if (received > MAX_RECEIVED_BYTES) throw new AttemptFailure('response-too-large', error);
    throw error instanceof AttemptFailure ? error : new AttemptFailure(reasonOf(error), error);
  }
}

async function read(response: IncomingMessage, reply: Reply): Promise<void> {
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    reply.chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) throw new AttemptFailure('response-too-large');
  }
}

function reasonOf(error: unknown): AttemptError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return 'response-too-large';
  // With TLS 1.3 a receiver refuses the client after the handshake, as one that wants a certificate does.
  return code.startsWith('ERR_SSL_') ? 'tls-error' : 'connect-failed';
}
