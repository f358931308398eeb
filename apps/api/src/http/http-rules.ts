import { HeddleError } from '@heddle/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Rules of HTTP that Node enforces by itself, with answers that say nothing: asked here instead, they are problems like
 * any other. The server must be made with `requireHostHeader: false`.
 */
export function enforceHttpRules(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (request, response) => {
    fastify.server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { host, expect } = request.headers;
    if (host === undefined && request.raw.httpVersion === '1.1')
      done(new HeddleError('malformed-request', 'A request of HTTP/1.1 needs a Host.'));
    else if (expect !== undefined && !/^100-continue$/i.test(expect.trim()))
      done(new HeddleError('malformed-request', 'Expect may be 100-continue.'));
    else done();
  });
}
