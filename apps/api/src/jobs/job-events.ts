import { isTerminal, type JobEvent, type JobStatusEvent, toPublicId } from '@heddle/contracts';
import type { JobRecord } from '@heddle/store';
import { jobView } from '@heddle/views';

/** Jobs of more items than this have `progress` events. */
const PROGRESS_ITEMS = 100;
/** For so long after the end, in milliseconds, are there `progress` and `result` events. */
const DETAIL_MS = 3_600_000;

/**
 * Everything about a job's events that its row says without its texts and results. They are numbered as they happened:
 * every change of state by its `sequence`, and from the last one on one `result` for each item, `progress`, the last
 * `status`, `done`. A row only ever grows by changes, and nothing follows the last, so no number is given twice.
 */
export interface JobEvents {
  /** Changes of state so far, but for the one that ended the job. */
  changes: JobEvent[];
  /** The number of the newest event. */
  last: number;
  /** How the job ended; null while it has not. `firstResult`: the number of the first item's `result`. */
  end: { firstResult: number; progress: JobEvent | null; status: JobEvent; done: number } | null;
}

export function jobEvents(record: JobRecord, now = Date.now()): JobEvents {
  const id = toPublicId('job', record.id);
  const status = (change: Omit<JobStatusEvent, 'id'>): JobEvent => ({
    id: change.sequence,
    event: 'status',
    data: { id, ...change },
  });
  const changes = [
    status({ status: 'queued', sequence: 1, attempts: 0, at: record.createdAt.toISOString() }),
    ...(record.startedAt
      ? [status({ status: 'running', sequence: 2, attempts: 1, at: record.startedAt.toISOString() })]
      : []),
    ...(record.history ?? []).map((entry) => status({ ...entry, at: new Date(entry.at).toISOString() })),
  ];
  if (!isTerminal(record.state) || !record.completedAt) return { changes, last: record.sequence, end: null };
  const { sequence, items } = record;
  // Only a worker that finished a job has told what it used: no other end has results.
  const results = record.usage ? items : 0;
  const hasProgress = results > PROGRESS_ITEMS;
  const last = sequence + results + (hasProgress ? 1 : 0);
  const recent = now - record.completedAt.getTime() < DETAIL_MS;
  const change = status({
    status: record.state,
    sequence,
    attempts: record.attempt,
    at: record.completedAt.toISOString(),
  });
  return {
    changes,
    last: last + 1,
    end: {
      firstResult: sequence,
      progress:
        hasProgress && recent
          ? { id: last - 1, event: 'progress', data: { done: items, total: items } }
          : null,
      status: { ...change, id: last },
      done: last + 1,
    },
  };
}

/** Events of the end of a job, with those of its items where `withResults`; `record` has inputs and results. */
export function* endEvents(record: JobRecord, withResults: boolean, now = Date.now()): Generator<JobEvent> {
  const { end } = jobEvents(record, now);
  if (!end) return;
  const job = jobView(record, { inputs: true, results: true });
  const recent = now - Date.parse(job.completed_at!) < DETAIL_MS;
  if (withResults && recent) {
    for (const [i, data] of (job.results ?? []).entries())
      yield { id: end.firstResult + i, event: 'result', data };
  }
  if (end.progress) yield end.progress;
  yield end.status;
  yield { id: end.done, event: 'done', data: job };
}
