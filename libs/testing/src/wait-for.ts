import { setTimeout as sleep } from 'node:timers/promises';

/** Far beyond what anything takes that is waited for: a busy machine is no failure. */
const DEFAULT_TIMEOUT_MS = 30_000;
const INTERVAL_MS = 10;

/**
 * Polls until `predicate` gives a truthy value, and returns it.
 * @throws Error naming the predicate when that takes longer than `timeoutMs` (default 30 s).
 */
export async function waitFor<T>(
  predicate: () => T | Promise<T>,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await predicate();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${predicate}`);
    await sleep(INTERVAL_MS);
  }
}
