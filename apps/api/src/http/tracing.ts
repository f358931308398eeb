import type { Span, Tracing } from '@heddle/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { traceparentOf } from './headers.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of requests that ask for a key. */
    span?: Span;
  }
}

/** One span for each request that asks for a key; probes, documents and files of the dashboard are nobody's work. */
export function traceRequests(fastify: FastifyInstance, tracing: Tracing): void {
  fastify.decorateRequest('span', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { url, config } = request.routeOptions;
    if (config.scopes) {
      request.span = tracing.begin(`${request.method} ${url}`, {
        parent: traceparentOf(request.headers.traceparent),
        kind: 'server',
        isRoot: true,
        attributes: () => ({
          'http.request.method': request.method,
          'http.route': url ?? '',
          'heddle.request.id': request.id,
        }),
      });
    }
    done();
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const { span, caller } = request;
    span?.set(() => ({
      'http.response.status_code': statusCode,
      ...(caller ? { 'heddle.tenant.id': caller.tenantId } : {}),
      ...(caller?.jobId ? { 'heddle.job.id': caller.jobId } : {}),
    }));
    span?.end(statusCode >= 500 ? String(statusCode) : null);
    done();
  });
}

/** What the log names a request by, beside its own id; what is absent is left out. */
export function idsOf({ caller }: FastifyRequest): Record<string, string> {
  if (!caller) return {};
  const { tenantId, jobId, traceparent } = caller;
  return {
    tenant: tenantId,
    ...(jobId ? { job: jobId } : {}),
    ...(traceparent ? { trace_id: traceparent.slice(3, 35) } : {}),
  };
}
