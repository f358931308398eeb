import type { JobState } from '@heddle/contracts';

/** A change of a job's state between its first claim and its end. */
export interface HistoryEntry {
  sequence: number;
  status: JobState;
  attempts: number;
  /** Time with a zone. */
  at: string;
}

const APPENDED = (status: JobState, attempts: string) => `coalesce(j.history, '[]') || jsonb_build_object(
  'sequence', j.sequence + 1, 'status', '${status}', 'attempts', ${attempts}, 'at', now())`;

/** What the history of job `j` is after a claim: the first one is in the row already. */
export const HISTORY_ON_CLAIM = `CASE WHEN j.attempt > 0 THEN ${APPENDED('running', 'j.attempt + 1')} END`;

/** What it is when the job goes back to the queue. */
export const HISTORY_ON_RETURN = APPENDED('queued', 'j.attempt');
