import { type ClaimedBatch, LeaseLost } from '@heddle/store';
import { Counter, type Loop, logFailure, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { Hold, LEASE_MS } from '../hold.js';
import { RESOURCES, type Resources } from '../resources.js';
import { advance, type Rest } from './advance.js';
import { type Lane, openLanes } from './lanes.js';

/** Pause between two looks for batches that wait: while there are some, and when there were none for some time. */
const POLL_MS = { lately: 250, atRest: 2_000 } as const;
const AT_REST_AFTER_MS = 5_000;
/** Pause after a step that failed: twice as long each time that it fails again. */
const RETRY_MS = { first: 2_000, most: 60_000 } as const;

const MOST_FAILURES = 1_000;

/** Thrown where the work on a batch breaks off because this dispatcher stops. */
class Stopping extends Error {}

/**
 * Gets batches on, step by step: any number of dispatchers may, each batch is one's at a time. Tenants take turns, and of one's
 * batches those that have waited longest come first.
 */
@Injectable()
export class BatchesService {
  private readonly lanes = openLanes();
  private readonly steps = new Map<Promise<void>, Hold>();
  /** How often steps of batches have failed in a row; forgotten where there are many, because others may have got them on. */
  private readonly failures = new Map<string, number>();
  private busyAt = Number.NEGATIVE_INFINITY;
  private loop: Loop | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;
  private stopping = false;

  private readonly failed: Counter;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.failed = new Counter({
      name: 'heddle_batch_step_failures_total',
      help: 'Steps of batches that failed and are tried again.',
      registers: [resources.metrics],
    });
  }

  async start(): Promise<void> {
    const { signals, logger } = this.resources;
    const loop = startLoop(
      'batches',
      () => this.pauseMs(),
      logger,
      () => this.round(),
    );
    this.loop = loop;
    this.unsubscribe = await signals.subscribe('batches-submitted', () => loop.wake());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.unsubscribe?.();
    await this.loop?.stop();
    for (const hold of this.steps.values()) hold.giveUp(new Stopping());
    await Promise.all(this.steps.keys());
  }

  private pauseMs(): number {
    return performance.now() - this.busyAt >= AT_REST_AFTER_MS ? POLL_MS.atRest : POLL_MS.lately;
  }

  private async round(): Promise<void> {
    for (const lane of this.lanes) await this.fill(lane);
  }

  private async fill(lane: Lane): Promise<void> {
    for (;;) {
      if (this.stopping) return;
      const { turn } = lane;
      lane.wasFull = lane.isFull() || turn.full.length > 0;
      if (lane.isFull()) return;
      const batch = await this.resources.store.batches.claim(LEASE_MS, turn);
      if (!batch) return;
      this.busyAt = performance.now();
      const hold = new Hold(this.resources.store, 'batches', batch, this.resources.logger);
      lane.take(batch);
      const step = this.step(batch, hold);
      this.steps.set(step, hold);
      void step.finally(() => {
        this.steps.delete(step);
        lane.free(batch);
        if (lane.wasFull) this.loop?.wake();
      });
    }
  }

  private async step(batch: ClaimedBatch, hold: Hold): Promise<void> {
    const { logger, signals } = this.resources;
    const failures = this.failures.get(batch.id) ?? 0;
    let rest: Rest = Math.min(RETRY_MS.first * 2 ** failures, RETRY_MS.most);
    this.failures.delete(batch.id);
    try {
      rest = await advance(this.resources, batch, hold.check);
      if (rest === null) signals.publish('batches-ended', batch.id);
    } catch (error) {
      if (error instanceof Stopping) rest = 0;
      else if (error instanceof LeaseLost) rest = null;
      else {
        if (this.failures.size >= MOST_FAILURES) this.failures.clear();
        this.failures.set(batch.id, failures + 1);
        this.failed.inc();
        logFailure(logger, 'batches', error, { batch: batch.id });
      }
    }
    try {
      await hold.end(rest);
    } catch (error) {
      logFailure(logger, 'batches', error, { batch: batch.id });
    }
    signals.publish('batches-changed', batch.id);
    if (rest === 0) this.loop?.wake();
  }
}
