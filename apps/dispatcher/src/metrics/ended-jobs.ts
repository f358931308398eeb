import { Counter, type Registry } from '@heddle/telemetry';
import type { Resources } from '../resources.js';

/** Counts the jobs that a dispatcher has ended. */
export class EndedJobs {
  private readonly jobs;

  constructor(registry: Registry) {
    this.jobs = new Counter({
      name: 'heddle_jobs_total',
      help: 'Jobs that this process has ended.',
      labelNames: ['model', 'task', 'source', 'status'],
      registers: [registry],
    });
  }

  /** Jobs that have just ended here, by id. */
  async count(store: Resources['store'], ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const { count, ...labels } of await store.jobs.countEnded(ids)) this.jobs.inc(labels, count);
  }
}
