import { LIMITS, type Signals } from '@heddle/contracts';
import { openSignals } from '@heddle/queue';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** A lost signal costs a waiter this long. */
const POLL_MS = 250;
/** Pause before signals are connected again. */
const RECONNECT_MS = 2_000;

/**
 * Requests that wait for the end of a job. A signal wakes them; the poll behind it makes signals dispensable, so
 * the api starts and answers without Redis.
 */
@Injectable()
export class Waiters implements OnModuleDestroy {
  private readonly waiting = new Map<string, Set<() => void>>();
  private held = 0;
  private signals: Signals | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.connect();
    this.schedule(POLL_MS, () => void this.poll());
  }

  /** Tells others; fire and forget. */
  publish(...signal: Parameters<Signals['publish']>): void {
    this.signals?.publish(...signal);
  }

  /**
   * Resolves when the job may have ended, after `ms`, or when the api stops. False at once when too many
   * requests wait already.
   */
  wait(jobId: string, ms: number): { woken: Promise<void>; leave: () => void } | null {
    if (this.held >= LIMITS.maxHeldWaits || this.closed) return null;
    this.held++;
    const set = this.waiting.get(jobId) ?? new Set();
    this.waiting.set(jobId, set);
    const { promise: woken, resolve } = deferred();
    const leave = () => {
      if (!set.delete(leave)) return;
      clearTimeout(timer);
      if (set.size === 0) this.waiting.delete(jobId);
      this.held--;
      resolve();
    };
    const timer = setTimeout(leave, ms);
    set.add(leave);
    return { woken, leave };
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const id of [...this.waiting.keys()]) this.wake(id);
    await this.signals?.close();
  }

  private wake(jobId: string): void {
    for (const leave of [...(this.waiting.get(jobId) ?? [])]) leave();
  }

  private connect(): void {
    const { signalConnection, logger } = this.resources;
    const open = async () => {
      const signals = await openSignals(signalConnection, (error) =>
        logger.warn({ error }, 'signals are disturbed; waiters poll meanwhile'),
      );
      await signals.subscribe('jobs-ended', (ids) => {
        for (const id of ids.split(',')) this.wake(id);
      });
      this.signals = signals;
      if (this.closed) await signals.close();
    };
    open().catch((error: unknown) => {
      logger.warn({ error }, 'signals are away; waiters poll meanwhile');
      if (!this.closed) this.schedule(RECONNECT_MS, () => this.connect());
    });
  }

  private async poll(): Promise<void> {
    try {
      const ids = [...this.waiting.keys()];
      if (ids.length > 0) for (const id of await this.resources.store.jobs.endedAmong(ids)) this.wake(id);
    } catch (error) {
      this.resources.logger.warn({ error }, 'waiters could not look at their jobs');
    }
    if (!this.closed) this.schedule(POLL_MS, () => void this.poll());
  }

  private schedule(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
