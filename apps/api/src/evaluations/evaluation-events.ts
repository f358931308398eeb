import { type EvaluationEvent, isTerminalEvaluation } from '@heddle/contracts';
import type { EvaluationRecord } from '@heddle/store';
import { evaluationView } from '@heddle/views';
import type { EventView } from '../http/event-streams.js';
import { historyEvents } from '../http/history-events.js';

/** Everything about an evaluation's events, which its row says: `done` is the one after the last of its history. */
export function evaluationEvents(record: EvaluationRecord): EventView {
  const { history, completedAt, state } = record;
  const { id, counts } = evaluationView(record);
  const events = historyEvents({ id, total: counts.total, history, completedAt });
  const done = isTerminalEvaluation(state) ? history.length + 1 : null;
  return { sequence: history.length, last: done ?? history.length, events, done };
}

/** The last event of an evaluation that has ended. */
export function doneEvent(record: EvaluationRecord): EvaluationEvent {
  return { id: record.history.length + 1, event: 'done', data: evaluationView(record) };
}
