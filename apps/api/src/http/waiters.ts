import { LIMITS, type SignalChannel, type Signals } from '@heddle/contracts';
import { openSignals } from '@heddle/queue';
import type { Store } from '@heddle/store';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** A lost signal costs a waiter this long. */
const POLL_MS = 250;
/** Pause before signals are connected again. */
const RECONNECT_MS = 2_000;

/** A request that waits. */
interface Waiter {
  /** Ends the wait; `due`: because what it waits for has come. */
  leave: (due: boolean) => void;
  /** The sequence number that it has seen, where it waits for another. */
  seen: number;
}

/** What may be waited for: the signal of it, and the look at the rows that makes the signal dispensable. */
const KINDS = {
  job: {
    channel: 'jobs-ended',
    dueAmong: async (store, waiting) => store.jobs.endedAmong([...waiting.keys()]),
  },
  import: {
    channel: 'versions-changed',
    dueAmong: async (store, waiting) => store.versions.importsEndedAmong([...waiting.keys()]),
  },
  /** Any change of a job's state. Most have no signal: it would be one more for every job, whoever looks. */
  change: {
    channel: 'jobs-ended',
    dueAmong: async (store, waiting) => {
      return changedAmong(waiting, await store.jobs.sequencesOf([...waiting.keys()]));
    },
  },
  batch: {
    channel: 'batches-ended',
    dueAmong: async (store, waiting) => store.batches.endedAmong([...waiting.keys()]),
  },
  evaluation: {
    channel: 'evaluations-ended',
    dueAmong: async (store, waiting) => store.evaluations.endedAmong([...waiting.keys()]),
  },
  'batch-change': {
    channel: 'batches-changed',
    dueAmong: async (store, waiting) =>
      changedAmong(waiting, await store.batches.sequencesOf([...waiting.keys()])),
  },
  'evaluation-change': {
    channel: 'evaluations-changed',
    dueAmong: async (store, waiting) =>
      changedAmong(waiting, await store.evaluations.sequencesOf([...waiting.keys()])),
  },
} as const satisfies Record<
  string,
  {
    channel: SignalChannel;
    dueAmong: (store: Store, waiting: ReadonlyMap<string, ReadonlySet<Waiter>>) => Promise<string[]>;
  }
>;
function changedAmong(
  waiting: ReadonlyMap<string, ReadonlySet<Waiter>>,
  rows: { id: string; sequence: number }[],
): string[] {
  const hasChanged = ({ id, sequence }: { id: string; sequence: number }) =>
    [...(waiting.get(id) ?? [])].some(({ seen }) => seen !== sequence);
  return rows.filter(hasChanged).map(({ id }) => id);
}

type WaitKind = keyof typeof KINDS;
/** What streams wait for: any change of a job, a batch or an evaluation. */
export type ChangeKind = Extract<WaitKind, 'change' | `${string}-change`>;
const KIND_NAMES = Object.keys(KINDS) as WaitKind[];

/**
 * Requests that wait for the end of something. A signal wakes them; the poll behind it makes signals dispensable, so
 * the api starts and answers without Redis.
 */
@Injectable()
export class Waiters implements OnModuleDestroy {
  private readonly waiting: Record<WaitKind, Map<string, Set<Waiter>>> = {
    job: new Map(),
    import: new Map(),
    change: new Map(),
    batch: new Map(),
    evaluation: new Map(),
    'batch-change': new Map(),
    'evaluation-change': new Map(),
  };
  private held = 0;
  private signals: Signals | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.connect();
    this.schedule(POLL_MS, () => void this.poll());
  }

  /** Whoever waited was released because the api stops. */
  get stopping(): boolean {
    return this.closed;
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
    kind: 'job' | 'import' | 'batch' | 'evaluation',
    id: string,
    waitS: number,
    hasEnded: () => Promise<boolean>,
  ): Promise<boolean> {
    if (this.held >= LIMITS.maxHeldWaits || this.closed) return false;
    this.held++;
    const waiter = this.wait(kind, id, waitS * 1000);
    try {
      if (!(await hasEnded())) await waiter.due;
      return true;
    } finally {
      waiter.leave(false);
      this.held--;
    }
  }

  /**
   * Holds for `ms`, until the sequence number of the thing of that UUID is another than `seen`, until `signal` aborts,
   * or until the api stops. Returns whether it may have changed. How many wait so is the caller's to bound.
   */
  async untilChanged(
    { kind, id }: { kind: ChangeKind; id: string },
    seen: number,
    ms: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.closed || signal.aborted) return false;
    const waiter = this.wait(kind, id, ms, seen);
    const leave = () => waiter.leave(false);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await waiter.due;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const kind of KIND_NAMES) this.wake(kind, [...this.waiting[kind].keys()]);
    await this.signals?.close();
  }

  private wait(kind: WaitKind, id: string, ms: number, seen = 0): { due: Promise<boolean> } & Waiter {
    const waiting = this.waiting[kind];
    const set = waiting.get(id) ?? new Set();
    waiting.set(id, set);
    const { promise: due, resolve } = deferred();
    const waiter: Waiter = {
      seen,
      leave: (isDue) => {
        if (!set.delete(waiter)) return;
        clearTimeout(timer);
        if (set.size === 0) waiting.delete(id);
        resolve(isDue);
      },
    };
    const timer = setTimeout(() => waiter.leave(false), ms);
    set.add(waiter);
    return { due, ...waiter };
  }

  private wake(kind: WaitKind, ids: string[]): void {
    for (const id of ids) for (const waiter of [...(this.waiting[kind].get(id) ?? [])]) waiter.leave(true);
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
        const waiting = this.waiting[kind];
        if (waiting.size > 0) this.wake(kind, await KINDS[kind].dueAmong(store, waiting));
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

function deferred(): { promise: Promise<boolean>; resolve: (due: boolean) => void } {
  let resolve: (due: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
