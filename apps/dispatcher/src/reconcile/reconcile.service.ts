import { randomUUID } from 'node:crypto';
import { SWEEP_LIMIT } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** How often the queue is asked whether it still is the one that was filled. */
const GENERATION_INTERVAL_MS = 1_000;
/**
 * Pause between two looks at deadlines, which lasts until the next one is due. No deadline is shorter than the longest
 * pause, so none comes and passes between two looks; the shortest is how late a job may expire when there are many.
 */
const DEADLINE_PAUSE_MS = { least: 250, most: 1_000 } as const;
/**
 * Rounds without a failure before a worker's silence counts: when the database comes back, workers have had the time to
 * say that they live.
 */
const STEADY_MS = 10_000;
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
  /** When rounds began to succeed, in milliseconds of `performance.now()`. */
  private steadySince = performance.now();
  private deadlinePauseMs: number = DEADLINE_PAUSE_MS.least;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    const { config, logger } = this.resources;
    await this.checkGeneration();
    this.loops = [
      startLoop('generation', GENERATION_INTERVAL_MS, logger, () =>
        this.steadily(() => this.checkGeneration()),
      ),
      startLoop(
        'deadlines',
        () => this.deadlinePauseMs,
        logger,
        () => this.steadily(() => this.expireWhatIsDue()),
      ),
      startLoop('reconcile', config.env.HEDDLE_RECONCILE_INTERVAL_MS, logger, () =>
        this.steadily(() => this.reconcile()),
      ),
    ];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** A queue without its generation key was lost as a whole: the window is rebuilt at once. */
  private async checkGeneration(): Promise<void> {
    const { queue, store, signals, logger } = this.resources;
    if ((await queue.generation()) !== null) return;
    const jobs = await store.jobs.undispatchAll();
    await queue.setGeneration(randomUUID());
    if (jobs > 0) signals.publish('jobs-submitted', '');
    if (jobs > 0) logger.warn({ jobs }, 'the queue was lost; its window is dispatched again');
  }

  private async reconcile(): Promise<void> {
    const { jobs } = this.resources.store;
    if (performance.now() - this.steadySince >= STEADY_MS) await jobs.endLeasesOfGoneWorkers();
    await this.sweep(() => this.giveBackSilentWorkersJobs());
    await this.sweep(() => this.failUnavailable());
    await this.redispatchLostEntries();
  }

  private async steadily(round: () => Promise<void>): Promise<void> {
    try {
      await round();
    } catch (error) {
      this.steadySince = performance.now();
      throw error;
    }
  }

  /** Repeats work on a bounded number of rows until it finds fewer. */
  private async sweep(work: () => Promise<number>): Promise<void> {
    while (!this.stopping && (await work()) >= SWEEP_LIMIT);
  }

  private async giveBackSilentWorkersJobs(): Promise<number> {
    const { store, signals, logger, endedJobs } = this.resources;
    const { queued, failed } = await store.jobs.giveBackExpiredLeases();
    if (failed.length > 0) signals.publish('jobs-ended', failed.join(','));
    if (queued.length > 0) signals.publish('jobs-submitted', '');
    if (queued.length + failed.length > 0) {
      logger.warn({ queued: queued.length, failed: failed.length }, 'leases of silent workers expired');
    }
    await endedJobs.count(store, failed);
    return queued.length + failed.length;
  }

  /** A version that no worker can run ends its jobs, rather than let them wait for their deadlines. */
  private async failUnavailable(): Promise<number> {
    const { store, signals, logger, endedJobs } = this.resources;
    const failed = await store.jobs.failUnavailable();
    if (failed.length > 0) {
      signals.publish('jobs-ended', failed.join(','));
      logger.warn({ failed: failed.length }, 'jobs failed: their version is in quarantine on every worker');
    }
    await endedJobs.count(store, failed);
    return failed.length;
  }

  private async expireWhatIsDue(): Promise<void> {
    const { least, most } = DEADLINE_PAUSE_MS;
    this.deadlinePauseMs = least;
    const dueMs = await this.resources.store.jobs.untilDeadlineMs();
    if (dueMs !== null && dueMs <= 0) await this.sweep(() => this.expireOverdue());
    else this.deadlinePauseMs = Math.min(most, Math.max(least, Math.ceil(dueMs ?? most)));
  }

  private async expireOverdue(): Promise<number> {
    const { store, signals, endedJobs } = this.resources;
    const expired = await store.jobs.expireOverdue();
    if (expired.length > 0) {
      signals.publish('jobs-ended', expired.join(','));
      signals.publish('jobs-canceled', expired.join(','));
    }
    await endedJobs.count(store, expired);
    return expired.length;
  }

  private async redispatchLostEntries(): Promise<void> {
    const { store, queue, signals, logger } = this.resources;
    for (const version of await store.jobs.versionsInWindow()) {
      const entries = await store.jobs.dispatchedEntries(version, LOST_ENTRY_GRACE_MS);
      if (entries.length === 0) continue;
      const known = await queue.known(version, entries);
      const lost = entries.filter((entry) => !known.has(`${entry.id}_${entry.epoch}`));
      if (lost.length === 0) continue;
      const redispatched = await store.jobs.undispatch(lost);
      if (redispatched === 0) continue;
      signals.publish('jobs-submitted', version);
      logger.warn({ version, jobs: redispatched }, 'queue entries were lost; dispatching again');
    }
  }
}
