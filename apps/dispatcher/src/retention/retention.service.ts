import { RETENTION_BATCH, SMALL_ROWS_BATCH } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/**
 * Removes the data of jobs whose `result_ttl_s` has passed, and later their rows; batches, and items of evaluations, that ended long ago; old events of webhooks;
 * sessions that have expired, and old statistics; and workers and dispatchers that were killed long ago. In small statements that skip what
 * another dispatcher holds, so any number of them may do it at a time.
 */
@Injectable()
export class RetentionService {
  private loop: Loop | undefined;
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    const { config, logger } = this.resources;
    this.loop = startLoop('retention', config.env.HEDDLE_RETENTION_INTERVAL_MS, logger, () => this.remove());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop?.stop();
  }

  private async remove(): Promise<void> {
    const { store, config, logger } = this.resources;
    while (!this.stopping && (await store.batches.releaseJobs()) > 0);
    const data = await this.repeat(() => store.jobs.removeExpiredData());
    const rows = await this.repeat(() => store.jobs.removeOldRows(config.env.HEDDLE_JOB_RETENTION_DAYS));
    const batches = await this.repeat(() => store.batches.removeOld());
    const items = await this.repeat(() => store.evaluations.removeOldItems());
    const events = await this.repeat(() => store.events.removeOld());
    await this.repeat(() => store.sessions.removeExpired(), SMALL_ROWS_BATCH);
    await this.repeat(() => store.stats.removeOld(), SMALL_ROWS_BATCH);
    await store.workers.removeGone();
    await store.dispatchers.removeGone();
    if (data + rows + batches > 0)
      logger.info({ data, rows, batches }, 'expired jobs and batches were removed');
    if (items > 0) logger.info({ items }, 'items of old evaluations were removed');
    if (events > 0) logger.info({ events }, 'old events of webhooks were removed');
  }

  /** Until a statement finds less than it may take. Returns how much there was. */
  private async repeat(work: () => Promise<number>, batch = RETENTION_BATCH): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await work();
      total += count;
      if (count < batch || this.stopping) return total;
    }
  }
}
