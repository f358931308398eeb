import { type BatchEvent, type BatchState, isTerminalBatch, toPublicId } from '@heddle/contracts';
import type { BatchRecord } from '@heddle/store';
import { batchView } from '@heddle/views';

/** For so long after the end, in milliseconds, are there `progress` events. */
const DETAIL_MS = 3_600_000;

/**
 * Everything about a batch's events, which its row says: each number of its sequence is a change of state or of progress, and
 * `done` is the one after the last. `done`: its number; null while the batch has not ended.
 */
export function batchEvents(
  record: BatchRecord,
  now = Date.now(),
): { events: BatchEvent[]; done: number | null } {
  const id = toPublicId('batch', record.id);
  const recent = !record.completedAt || now - record.completedAt.getTime() < DETAIL_MS;
  const events = record.history.flatMap((entry, i): BatchEvent[] => {
    const sequence = i + 1;
    if (typeof entry === 'number')
      return recent ? [{ id: sequence, event: 'progress', data: { done: entry, total: record.total } }] : [];
    const at = new Date(entry.at).toISOString();
    return [
      { id: sequence, event: 'status', data: { id, status: entry.status as BatchState, sequence, at } },
    ];
  });
  return { events, done: isTerminalBatch(record.state) ? record.sequence + 1 : null };
}

/** The last event of a batch that has ended. */
export function doneEvent(record: BatchRecord): BatchEvent {
  return { id: record.sequence + 1, event: 'done', data: batchView(record) };
}
