import type { Store } from '@heddle/store';
import { Counter, type Registry } from '@heddle/telemetry';

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
  async count(store: Store, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const { count, ...labels } of await store.jobs.countEnded(ids)) this.jobs.inc(labels, count);
  }
}
