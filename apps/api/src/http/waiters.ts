import { LIMITS, type SignalChannel, type Signals } from '@heddle/contracts';
import { openSignals } from '@heddle/queue';
import type { Store } from '@heddle/store';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** A lost signal costs a waiter this long. */
const POLL_MS = 250;
/** Pause before signals are connected again. */
const RECONNECT_MS = 2_000;

/** What may be waited for: the signal of its end, and the look at its row that makes the signal dispensable. */
const KINDS = {
  job: { channel: 'jobs-ended', endedAmong: (store, ids) => store.jobs.endedAmong(ids) },
  import: { channel: 'versions-changed', endedAmong: (store, ids) => store.versions.importsEndedAmong(ids) },
} as const satisfies Record<
  string,
  { channel: SignalChannel; endedAmong: (store: Store, ids: string[]) => Promise<string[]> }
>;
export type WaitKind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as WaitKind[];

/**
 * Requests that wait for the end of something. A signal wakes them; the poll behind it makes signals dispensable, so
 * the api starts and answers without Redis.
 */
@Injectable()
export class Waiters implements OnModuleDestroy {
  private readonly waiting: Record<WaitKind, Map<string, Set<() => void>>> = {
    job: new Map(),
    import: new Map(),
  };
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
   * Holds for `waitS` seconds, until the thing of that UUID has ended, or until the api stops; false and not at all
   * when too many requests wait already. `hasEnded` is asked when the waiter is in place, so that an end in between is not
   * missed; or that is when the thing is made.
   */
  async untilEnded(
    kind: WaitKind,
    id: string,
    waitS: number,
    hasEnded: () => Promise<boolean>,
  ): Promise<boolean> {
    const waiter = this.wait(kind, id, waitS * 1000);
    if (!waiter) return false;
    try {
      if (!(await hasEnded())) await waiter.woken;
      return true;
    } finally {
      waiter.leave();
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const kind of KIND_NAMES) this.wake(kind, [...this.waiting[kind].keys()]);
    await this.signals?.close();
  }

  private wait(kind: WaitKind, id: string, ms: number): { woken: Promise<void>; leave: () => void } | null {
    if (this.held >= LIMITS.maxHeldWaits || this.closed) return null;
    this.held++;
    const waiting = this.waiting[kind];
    const set = waiting.get(id) ?? new Set();
    waiting.set(id, set);
    const { promise: woken, resolve } = deferred();
    const leave = () => {
      if (!set.delete(leave)) return;
      clearTimeout(timer);
      if (set.size === 0) waiting.delete(id);
      this.held--;
      resolve();
    };
    const timer = setTimeout(leave, ms);
    set.add(leave);
    return { woken, leave };
  }

  private wake(kind: WaitKind, ids: string[]): void {
    for (const id of ids) for (const leave of [...(this.waiting[kind].get(id) ?? [])]) leave();
  }

  private connect(): void {
    const { signalConnection, logger } = this.resources;
    const open = async () => {
      const signals = await openSignals(signalConnection, (error) =>
        logger.warn({ error }, 'signals are disturbed; waiters poll meanwhile'),
      );
      for (const kind of KIND_NAMES) {
        await signals.subscribe(KINDS[kind].channel, (ids) => this.wake(kind, ids.split(',')));
      }
      this.signals = signals;
      if (this.closed) await signals.close();
    };
    open().catch((error: unknown) => {
      logger.warn({ error }, 'signals are away; waiters poll meanwhile');
      if (!this.closed) this.schedule(RECONNECT_MS, () => this.connect());
    });
  }

  private async poll(): Promise<void> {
    const { store, logger } = this.resources;
    try {
      for (const kind of KIND_NAMES) {
        const ids = [...this.waiting[kind].keys()];
        if (ids.length > 0) this.wake(kind, await KINDS[kind].endedAmong(store, ids));
      }
    } catch (error) {
      logger.warn({ error }, 'waiters could not look at what they wait for');
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
