import type { FastifyInstance } from 'fastify';
import { noQuery, type Query, readQuery } from './query.js';

/**
 * Native routes that change something have no query: `invalid-query` where one is sent to them. It is said after their body
 * was read as JSON; and where the path names a thing, after that was found: the body becomes the error, which `validateBody`
 * throws. Those whose operation names a query read it themselves, as every GET does, and every DELETE below a thing must.
 */
export function refuseQueriesOfWrites(fastify: FastifyInstance): void {
  fastify.addHook('preHandler', (request, _reply, done) => {
    const { url, config } = request.routeOptions;
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    if (!writes || !url?.startsWith('/v1/') || config.operation?.query) return done();
    try {
      readQuery(noQuery, request.query as Query);
    } catch (error) {
      if (!url.includes(':') || request.method === 'DELETE') throw error;
      request.body = error;
    }
    done();
  });
}
