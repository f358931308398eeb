import type { FastifyInstance } from 'fastify';
import { noQuery, type Query, readQuery } from './query.js';

/**
 * Native routes that change something have no query: throws `invalid-query` where one is sent to them, after their bodies
 * were read and before anything is looked up. Those whose operation names a query read it themselves, as every GET does.
 */
export function refuseQueriesOfWrites(fastify: FastifyInstance): void {
  fastify.addHook('preHandler', (request, _reply, done) => {
    const { url, config } = request.routeOptions;
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    if (writes && url?.startsWith('/v1/') && !config.operation?.query)
      readQuery(noQuery, request.query as Query);
    done();
  });
}
