import { setMaxListeners } from 'node:events';
import { Injectable } from '@nestjs/common';

/** Why jobs end that a drain has given back. */
export const DRAINED = 'drained';

/** A job this worker has claimed and not yet ended. */
export interface HeldJob {
  id: string;
  attempt: number;
  /** Ends the job's waiting sequences: it was canceled, expired, or its lease is lost. */
  abort: AbortController;
  /** Claimed after the worker gave everything back: its owner gives it back too. */
  late: boolean;
}

/** Claimed jobs by id: what leases are extended for, and what a drain waits for. */
@Injectable()
export class HeldJobs {
  private readonly jobs = new Map<string, HeldJob>();
  private closed = false;

  add(id: string, attempt: number): HeldJob {
    const job = { id, attempt, abort: new AbortController(), late: this.closed };
    // Every sequence of the job listens; thousands are no leak.
    setMaxListeners(0, job.abort.signal);
    this.jobs.set(id, job);
    if (this.closed) job.abort.abort(new DOMException(DRAINED, 'AbortError'));
    return job;
  }

  remove(job: HeldJob): void {
    if (this.jobs.get(job.id) === job) this.jobs.delete(job.id);
  }

  abort(ids: string[], reason: string): void {
    for (const id of ids) this.jobs.get(id)?.abort.abort(new DOMException(reason, 'AbortError'));
  }

  list(): HeldJob[] {
    return [...this.jobs.values()];
  }

  /** Aborts what is held and whatever is added later. */
  close(): void {
    this.closed = true;
    this.abort([...this.jobs.keys()], DRAINED);
  }
}
