import { Injectable } from '@nestjs/common';

/** A job this worker has claimed and not yet ended. */
export interface HeldJob {
  id: string;
  attempt: number;
  /** Ends the job's waiting sequences: it was canceled, expired, or its lease is lost. */
  abort: AbortController;
}

/** Claimed jobs by id: what leases are extended for, and what a drain waits for. */
@Injectable()
export class HeldJobs {
  private readonly jobs = new Map<string, HeldJob>();
  private emptied: (() => void)[] = [];

  add(id: string, attempt: number): HeldJob {
    const job = { id, attempt, abort: new AbortController() };
    this.jobs.set(id, job);
    return job;
  }

  remove(job: HeldJob): void {
    if (this.jobs.get(job.id) === job) this.jobs.delete(job.id);
    if (this.jobs.size > 0) return;
    for (const resolve of this.emptied.splice(0)) resolve();
  }

  abort(ids: string[], reason: string): void {
    for (const id of ids) this.jobs.get(id)?.abort.abort(new DOMException(reason, 'AbortError'));
  }

  list(): HeldJob[] {
    return [...this.jobs.values()];
  }

  /** Resolves when nothing is held. */
  whenEmpty(): Promise<void> {
    return this.jobs.size === 0 ? Promise.resolve() : new Promise((resolve) => this.emptied.push(resolve));
  }
}
