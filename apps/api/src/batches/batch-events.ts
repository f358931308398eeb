import { type BatchEvent, isTerminalBatch, toPublicId } from '@heddle/contracts';
import type { BatchRecord } from '@heddle/store';
import { batchView } from '@heddle/views';
import { historyEvents } from '../http/history-events.js';

/**
 * Everything about a batch's events, which its row says: each number of its sequence is a change of state or of progress, and
 * `done` is the one after the last. `done`: its number; null while the batch has not ended.
 */
export function batchEvents(record: BatchRecord): { events: BatchEvent[]; done: number | null } {
  const events = historyEvents({ ...record, id: toPublicId('batch', record.id) });
  return { events, done: isTerminalBatch(record.state) ? record.sequence + 1 : null };
}

/** The last event of a batch that has ended. */
export function doneEvent(record: BatchRecord): BatchEvent {
  return { id: record.sequence + 1, event: 'done', data: batchView(record) };
}
