import type { EventSource } from '@heddle/store';

/** What a job was when it began: by now it may have ended, which is not told yet. `sequence`: of the event. */
export function jobAsBegun(
  job: NonNullable<EventSource['job']>,
  sequence: number,
): NonNullable<EventSource['job']> {
  return {
    ...job,
    state: 'running',
    sequence,
    attempt: 1,
    succeeded: 0,
    failed: 0,
    usage: null,
    timing: null,
    error: null,
    completedAt: null,
    expiresAt: null,
    results: null,
    resultsBytes: null,
  };
}
