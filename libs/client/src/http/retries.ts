import { ApiError, ConnectionError } from '../errors.js';
import type { Call } from './call.js';

/** Milliseconds before the second try; doubled before each further one. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** How far a pause is from that at most, so that clients that failed together do not return together. */
const JITTER = 0.25;
/** A server that asks for more than this is not waited for: its refusal is thrown. */
const LONGEST_RETRY_AFTER_MS = 60_000;

const PASSING: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
/** Heddle answers these before it has done anything; the others may have been answered on the way back. */
const NOTHING_DONE: ReadonlySet<number> = new Set([408, 429]);

/** Tries of what waits for something that goes on meanwhile: a server that is replaced is back within them. */
export const PATIENT_RETRIES = 10;

/**
 * Milliseconds to wait before a call is tried again after `tries` tries (≥ 1) of which the last threw `error`; null where it
 * must not be.
 */
export function pauseBefore(error: unknown, call: Call, tries: number): number | null {
  if (call.upload && !call.upload.repeatable) return null;
  if (error instanceof ApiError) {
    const { status, code, retryAfterMs } = error;
    const passing = call.unrepeatable ? NOTHING_DONE.has(status) : PASSING.has(status);
    if (!passing && code !== 'idempotency-in-progress') return null;
    if (retryAfterMs === null) return backoffMs(tries);
    return retryAfterMs <= LONGEST_RETRY_AFTER_MS ? retryAfterMs : null;
  }
  return error instanceof ConnectionError && !call.unrepeatable ? backoffMs(tries) : null;
}

/** Milliseconds that `Retry-After` asks for, seconds or a date; null where it says nothing. */
export function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function backoffMs(tries: number): number {
  const step = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return step * (1 - JITTER + 2 * JITTER * Math.random());
}
