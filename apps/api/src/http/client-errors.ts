import type { Socket } from 'node:net';
import { type ErrorCode, HeddleError, newUuid, toPublicId } from '@heddle/contracts';
import { toProblem } from './problem.js';

/** How long a client may take to read the answer and to hang up, before its connection is cut. */
const LINGER_MS = 2_000;

/**
 * Requests that are not HTTP, or too slow to become any, never reach a route: answered on the socket. `base`: address of the
 * api, where it is known.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket, base: string): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code, detail] = describe(error.code);
  const requestId = toPublicId('request', newUuid());
  const problem = toProblem(new HeddleError(code, detail), { base, path: '', requestId });
  const body = JSON.stringify(problem);
  // The other side may keep its half open for ever.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

function describe(code: string | undefined): [string, ErrorCode, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return ['408 Request Timeout', 'request-timeout', 'The request came too slowly.'];
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['431 Request Header Fields Too Large', 'headers-too-large', 'The headers are too large.'];
  return ['400 Bad Request', 'malformed-request', 'This is not a valid HTTP request.'];
}
