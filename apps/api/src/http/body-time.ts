import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerClientError } from './client-errors.js';

/** A whole JSON body must have come within this time; an upload may take long, but never pause for as long. */
const BODY_TIMEOUT_MS = 30_000;
/** How often an upload is looked at. */
const PACE_CHECK_MS = 1_000;
/** A client that is told no may still be sending: for this long it can read the answer first. */
const LINGER_MS = 5_000;

/** Ends requests whose body does not come: 408 where nothing was answered yet. */
export function limitBodyTime(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (hasBody(request)) watch(request, reply);
    done();
  });
  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    if (!raw.complete) {
      // Once all has come the connection is the next request's.
      const timer = setTimeout(() => raw.complete || raw.socket.destroy(), LINGER_MS);
      raw.once('close', () => clearTimeout(timer));
    }
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function watch(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  const upload = request.routeOptions.config.multipart === true;
  let lastBytes = raw.socket.bytesRead;
  let deadline = performance.now() + BODY_TIMEOUT_MS;
  const timer = setInterval(() => {
    if (raw.complete) return clearInterval(timer);
    if (upload && raw.socket.bytesRead > lastBytes) {
      lastBytes = raw.socket.bytesRead;
      deadline = performance.now() + BODY_TIMEOUT_MS;
    }
    if (performance.now() < deadline) return;
    clearInterval(timer);
    giveUp(raw.socket, reply);
  }, PACE_CHECK_MS);
  raw.once('close', () => clearInterval(timer));
}

function giveUp(socket: Socket, reply: FastifyReply): void {
  if (reply.raw.headersSent) socket.destroy();
  else
    answerClientError(
      Object.assign(new Error('body too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      socket,
    );
}
