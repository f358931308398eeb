import { timeOfUuid } from '@heddle/contracts';
import type { Candidate } from '@heddle/store';
import { Histogram, type Registry, SECONDS_BUCKETS } from '@heddle/telemetry';

/** A backlog is minutes or hours long. */
const BUCKETS = [...SECONDS_BUCKETS, 300, 1_800, 7_200];

/** How far the queue is behind what was accepted. */
export class OutboxLag {
  private readonly lag;

  constructor(registry: Registry) {
    this.lag = new Histogram({
      name: 'heddle_outbox_lag_seconds',
      help: 'From acceptance of a job to its first entry in the queue.',
      buckets: BUCKETS,
      registers: [registry],
    });
  }

  /** Jobs that were just added. Their ids tell when they were accepted, by the clock of an api. */
  added(jobs: Candidate[]): void {
    const now = Date.now();
    for (const { id, epoch } of jobs)
      if (epoch === 0) this.lag.observe(Math.max(0, now - timeOfUuid(id)) / 1000);
  }
}
