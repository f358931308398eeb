import type { SessionRef } from './session-ref.js';

/** A session that an inference child holds. */
export interface Copy extends SessionRef {
  /** Memory it takes. */
  bytes: number;
  /** When it last began a forward pass, or was loaded; milliseconds of `performance.now()`. */
  usedAt: number;
}

export interface DropWishes {
  /** Bytes that must become free. */
  excess: number;
  /** Bytes beyond that which are freed at the expense of copies nobody waits for: so the next load finds room. */
  margin: number;
  /** Versions that stay loaded. */
  isWarm: (version: string) => boolean;
  /** Versions for which requests wait. */
  awaited: Set<string>;
}

/**
 * Copies to drop, least recently used first. What is awaited goes only when all else was not enough: it is needed again
 * at once. Warm versions never go, so the excess may remain.
 */
export function toDrop(copies: Copy[], { excess, margin, isWarm, awaited }: DropWishes): Copy[] {
  if (excess <= 0) return [];
  const byAge = copies.filter(({ version }) => !isWarm(version)).sort((a, b) => a.usedAt - b.usedAt);
  const quiet = byAge.filter(({ version }) => !awaited.has(version));
  const dropped = firstWithBytes(quiet, excess + margin);
  const missing = excess - bytesOf(dropped);
  if (missing <= 0) return dropped;
  const needed = byAge.filter(({ version }) => awaited.has(version));
  return [...dropped, ...firstWithBytes(needed, missing)];
}

export function bytesOf(copies: Copy[]): number {
  return copies.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The shortest beginning of the list that has so many bytes; all of it when it has fewer. */
function firstWithBytes(copies: Copy[], bytes: number): Copy[] {
  let sum = 0;
  const end = copies.findIndex((copy) => {
    sum += copy.bytes;
    return sum >= bytes;
  });
  return end < 0 ? copies : copies.slice(0, end + 1);
}
