import { setTimeout as sleep } from 'node:timers/promises';
import type { LookOptions } from '@heddle/client';
import { CliError, cliErrorOf, EXIT } from './errors.js';
import { WorkProgress, type WorkState } from './work-progress.js';

/** Each look at what is waited for lasts this long, and shows how far it is. */
const LOOK_S = 1;
/** One look may take so long, and no longer than the wait. */
const LOOK_TIMEOUT_MS = 60_000;
/** A server that cannot be reached is tried for so long: it may be restarting. */
const PATIENCE_MS = 600_000;

/** Failures that pass by themselves. */
const AWAY: ReadonlySet<number> = new Set([EXIT.network, EXIT.capacity]);

/** A kind of durable work. */
export interface Durable<T> {
  look(options: LookOptions): Promise<T>;
  isTerminal(work: T): boolean;
  /** Where the wait shows how far the work is. */
  display: Display<T>;
  /** Added to whatever ends the wait early: how to go on. */
  goesOn: string;
}

export interface Display<T> {
  show(work: T): void;
  end(): void;
}

/** For work that is counted; `unit`: in what, in the plural. */
export function counting<T>(unit: string, stateOf: (work: T) => WorkState): Display<T> {
  const progress = new WorkProgress(unit);
  return { show: (work) => progress.show(stateOf(work)), end: () => progress.end() };
}

/**
 * Work of a server when it has ended; shows how far it is meanwhile. A server that is away or busy meanwhile is asked again, for
 * ten minutes. Throws CliError.
 */
export async function untilEnded<T>(
  work: T,
  { look, isTerminal, display, goesOn }: Durable<T>,
  { timeoutS, signal }: { timeoutS: number; signal: AbortSignal },
): Promise<T> {
  const deadline = performance.now() + timeoutS * 1000;
  let now = work;
  let answeredAt = performance.now();
  try {
    for (;;) {
      display.show(now);
      if (isTerminal(now)) return now;
      if (performance.now() > deadline) throw new CliError(`not ended in time; ${goesOn}`, EXIT.waitTimeout);
      const askedAt = performance.now();
      // A server that is silent does not make the wait longer.
      const timeoutMs = Math.min(LOOK_TIMEOUT_MS, Math.max(LOOK_S * 1000, deadline - askedAt));
      try {
        now = await look({ waitS: LOOK_S, signal, timeoutMs, maxRetries: 0 });
        answeredAt = performance.now();
      } catch (error) {
        if (signal.aborted) throw new CliError(`interrupted; ${goesOn}`, EXIT.interrupted);
        const known = cliErrorOf(error);
        if (!known) throw error;
        const mayPass = AWAY.has(known.exitStatus) && performance.now() - answeredAt < PATIENCE_MS;
        if (!mayPass) throw new CliError(`${known.message}\n${goesOn}`, known.exitStatus);
      }
      // Where no wait was granted, or nobody answered.
      const restMs = LOOK_S * 1000 - (performance.now() - askedAt);
      if (restMs > 0 && !isTerminal(now)) await sleep(restMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    display.end();
  }
}

/** `work` with a signal that Ctrl-C aborts. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await work(interrupt.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** `waiting`, and where Ctrl-C has ended it, `cancel` of what goes on under `id`. */
export async function canceledOnInterrupt<T>(
  waiting: Promise<T>,
  { id, signal, cancel }: { id: string; signal: AbortSignal; cancel: () => Promise<unknown> },
): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    if (!signal.aborted) throw error;
    await cancel().catch((failure: Error) => {
      throw new CliError(`interrupted; ${id} could not be canceled: ${failure.message}`, EXIT.interrupted);
    });
    throw new CliError(`interrupted; ${id} was canceled`, EXIT.interrupted);
  }
}
