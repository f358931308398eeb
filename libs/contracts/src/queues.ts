import type { Priority } from './jobs.js';

/** Time in which workers should be able to do all that is queued, in seconds: what `desired_workers` aims at. */
export const TARGET_DRAIN_S = 30;

/** What waits for one model version, and what serves it, as the API shows it. */
export interface Queue {
  /** Of the version. */
  id: string;
  object: 'queue';
  model: string;
  version_number: number;
  paused: boolean;
  /** Jobs that no worker has taken. */
  queued: number;
  running: number;
  queued_by_priority: Record<Priority, number>;
  /** Estimated tokens of what is queued. */
  queued_tokens: number;
  /** Of the job that was accepted first among those queued; null when there is none. */
  oldest_age_s: number | null;
  /** Of all workers together, as they measured it last; 0 while none has. */
  tokens_per_s: number;
  /** Time that all workers take for what is queued; null when their speed is not known. */
  eta_s: number | null;
  /** Workers that take jobs of the version. */
  workers: number;
  desired_workers: number;
}

/**
 * Workers that do what is queued within `TARGET_DRAIN_S`, one at least. One, too, while no worker has measured its speed
 * at the version.
 */
export function desiredWorkers(queue: {
  queuedTokens: number;
  tokensPerS: number;
  /** Workers that `tokensPerS` is the sum of. */
  measuredWorkers: number;
}): number {
  if (queue.tokensPerS <= 0 || queue.measuredWorkers === 0) return 1;
  const ofOne = queue.tokensPerS / queue.measuredWorkers;
  return Math.max(1, Math.ceil(queue.queuedTokens / (ofOne * TARGET_DRAIN_S)));
}
