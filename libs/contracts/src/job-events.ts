import type { ItemResult, Job, JobState } from './jobs.js';

/** An event of `GET /v1/jobs/{id}/events`; `id` numbers the events of a job and is the same on every connection. */
export type JobEvent =
  | { id: number; event: 'status'; data: JobStatusEvent }
  | { id: number; event: 'progress'; data: { done: number; total: number } }
  | { id: number; event: 'result'; data: ItemResult }
  | { id: number; event: 'done'; data: Job };

/** A change of a job's state; `at`: when. */
export interface JobStatusEvent {
  id: string;
  status: JobState;
  sequence: number;
  attempts: number;
  at: string;
}
