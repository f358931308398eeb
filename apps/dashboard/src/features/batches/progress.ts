import type { Batch } from '@heddle/client';

/** Lines that have an answer of any kind, and how many there are. */
export function doneOf({ counts }: Pick<Batch, 'counts'>): { done: number; total: number } {
  const { succeeded, failed, canceled, expired, total } = counts;
  return { done: succeeded + failed + canceled + expired, total };
}

/**
 * Milliseconds until all lines are done at the pace since the batch began to run; null where nothing is done yet, or it has
 * ended.
 */
export function restMs(
  batch: Pick<Batch, 'counts' | 'started_at' | 'completed_at'>,
  now: number,
): number | null {
  const { done, total } = doneOf(batch);
  if (batch.started_at === null || batch.completed_at !== null || done === 0) return null;
  const passedMs = Math.max(0, now - Date.parse(batch.started_at));
  return (passedMs / done) * (total - done);
}
