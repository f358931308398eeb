import type { Job } from '@heddle/contracts';
import { Counter, Histogram, type Registry, SECONDS_BUCKETS } from '@heddle/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What an api process counts. */
export class ApiMetrics {
  private readonly requests;
  private readonly duration;
  private readonly jobs;

  constructor(readonly registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'heddle_http_requests_total',
      help: 'Answered requests; route is the template, dashboard of its files, none where there is no such path.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.duration = new Histogram({
      name: 'heddle_http_request_duration_seconds',
      help: 'From the head of a request to the end of its answer, waits and event streams included.',
      labelNames: ['route'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.jobs = new Counter({
      name: 'heddle_jobs_total',
      help: 'Jobs that this process has ended.',
      labelNames: ['model', 'task', 'source', 'status'],
      registers,
    });
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? (request.forDashboard ? 'dashboard' : 'none');
    this.requests.inc({ route, method: request.method, status: reply.statusCode });
    this.duration.observe({ route }, reply.elapsedTime / 1000);
  }

  canceled({ model, task, source }: Job): void {
    this.jobs.inc({ model, task, source, status: 'canceled' });
  }
}
