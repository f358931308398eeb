import { TimeoutError, WaitTimeoutError } from '../errors.js';
import { pause } from './attempt.js';
import type { RequestOptions } from './call.js';
import { PATIENT_RETRIES } from './retries.js';

export interface WaitOptions extends Omit<RequestOptions, 'timeoutMs'> {
  /** Milliseconds until WaitTimeoutError; without it, as long as it takes. */
  timeoutMs?: number | undefined;
}

/** Longest wait that a server grants. */
const MAX_WAIT_S = 60;
/** How much longer than asked for a server may hold an answer that it was to hold until then. */
const GRACE_MS = 5_000;
/** Longest time of a timer, 24 days: the wait itself may be longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** At least so long lies between two looks, where the server grants no wait. */
const LOOK_MS = 1_000;

/**
 * What `look` answers, once it has ended. `look` asks the server to hold its answer so many seconds; it is tried more often
 * than other requests, for the server may be replaced meanwhile.
 */
export async function untilEnded<T extends { status: string }>(
  look: (waitS: number, options: RequestOptions) => Promise<T>,
  hasEnded: (object: T) => boolean,
  { timeoutMs, ...options }: WaitOptions,
): Promise<T> {
  const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
  const bounded = within(timeoutMs, options.signal);
  const once = { ...options, signal: bounded.signal };
  const patient = { ...once, maxRetries: options.maxRetries ?? PATIENT_RETRIES };
  const tooLate = (object: T) =>
    new WaitTimeoutError(`not ended within ${timeoutMs} ms: it is ${object.status}`, object);
  for (let seen: T | undefined; ; ) {
    const askedAt = Date.now();
    const waitS = Math.min(MAX_WAIT_S, Math.max(1, Math.ceil((end - askedAt) / 1000)));
    const object = await look(waitS, seen ? patient : once).catch((error: unknown) => {
      throw bounded.isOver() && seen ? tooLate(seen) : error;
    });
    if (hasEnded(object)) return object;
    const now = Date.now();
    if (now >= end) throw tooLate(object);
    seen = object;
    await pause(Math.min(end - now, Math.max(0, askedAt + LOOK_MS - now)), options.signal);
  }
}

/** The caller's signal, which also ends with a TimeoutError where a server is silent beyond `timeoutMs`; `isOver` says that it was that. */
export function within(
  timeoutMs: number | undefined,
  caller: AbortSignal | undefined,
): { signal: AbortSignal | undefined; isOver: () => boolean } {
  if (timeoutMs === undefined) return { signal: caller, isOver: () => false };
  const controller = new AbortController();
  const error = new TimeoutError(`no answer within ${timeoutMs} ms`);
  const lastMs = Math.min(MAX_TIMER_MS, Math.ceil(timeoutMs + GRACE_MS));
  AbortSignal.timeout(lastMs).addEventListener('abort', () => controller.abort(error));
  const signal = caller ? AbortSignal.any([caller, controller.signal]) : controller.signal;
  return { signal, isOver: () => controller.signal.aborted && !caller?.aborted };
}

/** Of jobs, batches and evaluations. */
export function isTerminal({ status }: { status: string }): boolean {
  return ['succeeded', 'failed', 'canceled', 'expired'].includes(status);
}
