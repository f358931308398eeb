import { randomUUID } from 'node:crypto';
import { SWEEP_LIMIT } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** How often the queue is asked whether it still is the one that was filled. */
const GENERATION_INTERVAL_MS = 1_000;
/** How late a job may expire. A look finds nothing in an index of what is unfinished: it costs next to nothing. */
const DEADLINE_INTERVAL_MS = 250;
/** Age of a dispatch before the queue is asked about it: adding and marking it takes this long at most. */
const LOST_ENTRY_GRACE_MS = 5_000;

/**
 * Repairs rows whose queue entry or owner was lost. Every write compares state, epoch and attempt, so it may
 * run beside workers, dispatchers and other reconcilers at any time.
 */
@Injectable()
export class ReconcileService {
  private loops: Loop[] = [];
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    const { config, logger } = this.resources;
    await this.checkGeneration();
    this.loops = [
      startLoop('generation', GENERATION_INTERVAL_MS, logger, () => this.checkGeneration()),
      startLoop('deadlines', DEADLINE_INTERVAL_MS, logger, () => this.sweep(() => this.expireOverdue())),
      startLoop('reconcile', config.env.HEDDLE_RECONCILE_INTERVAL_MS, logger, () => this.reconcile()),
    ];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** A queue without its generation key was lost as a whole: the window is rebuilt at once. */
  private async checkGeneration(): Promise<void> {
    const { queue, store, logger } = this.resources;
    if ((await queue.generation()) !== null) return;
    const jobs = await store.jobs.undispatchAll();
    await queue.setGeneration(randomUUID());
    if (jobs > 0) logger.warn({ jobs }, 'the queue was lost; its window is dispatched again');
  }

  private async reconcile(): Promise<void> {
    await this.sweep(() => this.giveBackSilentWorkersJobs());
    await this.redispatchLostEntries();
    await this.resources.store.workers.removeGone();
    await this.resources.store.dispatchers.removeGone();
  }

  /** Repeats work on a bounded number of rows until it finds fewer. */
  private async sweep(work: () => Promise<number>): Promise<void> {
    while (!this.stopping && (await work()) >= SWEEP_LIMIT);
  }

  private async giveBackSilentWorkersJobs(): Promise<number> {
    const { store, signals, logger } = this.resources;
    const { queued, failed } = await store.jobs.giveBackExpiredLeases();
    if (failed.length > 0) signals.publish('jobs-ended', failed.join(','));
    if (queued.length > 0) signals.publish('jobs-submitted', '');
    if (queued.length + failed.length > 0) {
      logger.warn({ queued: queued.length, failed: failed.length }, 'leases of silent workers expired');
    }
    return queued.length + failed.length;
  }

  private async expireOverdue(): Promise<number> {
    const { store, signals } = this.resources;
    const expired = await store.jobs.expireOverdue();
    if (expired.length > 0) {
      signals.publish('jobs-ended', expired.join(','));
      signals.publish('jobs-canceled', expired.join(','));
    }
    return expired.length;
  }

  private async redispatchLostEntries(): Promise<void> {
    const { store, queue, logger } = this.resources;
    for (const version of await store.jobs.versionsInWindow()) {
      const entries = await store.jobs.dispatchedEntries(version, LOST_ENTRY_GRACE_MS);
      if (entries.length === 0) continue;
      const known = await queue.known(version, entries);
      const lost = entries.filter((entry) => !known.has(`${entry.id}_${entry.epoch}`));
      if (lost.length === 0) continue;
      const redispatched = await store.jobs.undispatch(lost);
      if (redispatched > 0)
        logger.warn({ version, jobs: redispatched }, 'queue entries were lost; dispatching again');
    }
  }
}
