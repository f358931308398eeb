import { WaitTimeoutError } from '../errors.js';
import { pause } from './attempt.js';
import type { RequestOptions } from './call.js';
import { PATIENT_RETRIES } from './retries.js';

export interface WaitOptions extends Omit<RequestOptions, 'timeoutMs'> {
  /** Milliseconds until WaitTimeoutError; without it, as long as it takes. */
  timeoutMs?: number | undefined;
}

/** Longest wait that a server grants. */
const MAX_WAIT_S = 60;
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
  const patient = { ...options, maxRetries: options.maxRetries ?? PATIENT_RETRIES };
  for (let seen = false; ; seen = true) {
    const askedAt = Date.now();
    const waitS = Math.min(MAX_WAIT_S, Math.max(1, Math.ceil((end - askedAt) / 1000)));
    const object = await look(waitS, seen ? patient : options);
    if (hasEnded(object)) return object;
    const now = Date.now();
    if (now >= end)
      throw new WaitTimeoutError(`not ended within ${timeoutMs} ms: it is ${object.status}`, object);
    await pause(Math.min(end - now, Math.max(0, askedAt + LOOK_MS - now)), options.signal);
  }
}

/** Of jobs, batches and evaluations. */
export function isTerminal({ status }: { status: string }): boolean {
  return ['succeeded', 'failed', 'canceled', 'expired'].includes(status);
}
