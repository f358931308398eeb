import { fromPublicId, HeddleError, isTerminal, type Job, type Page } from '@heddle/contracts';
import { type JobInclude, type JobRecord, PRIORITY_RANK } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { RESOURCES, type Resources } from '../resources.js';
import { jobView } from './job-view.js';
import type { ListQuery } from './list-query.js';
import { checkInputs, fingerprint, parseSubmission, taskOf } from './submission.js';
import { Waiters } from './waiters.js';

/** Jobs as the native API offers them; every dialect translates to this. */
@Injectable()
export class JobsService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** Commits a job. Only Postgres is asked; the dispatcher is nudged afterwards. */
  async submit(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ id: string; created: boolean }> {
    const { store } = this.resources;
    const submission = parseSubmission(body);
    const version = await store.models.resolve(caller.tenantId, submission.model);
    const task = taskOf(submission, version);
    const { parameters, cost } = checkInputs(task, submission, version.manifest);
    if (version.status === 'archived') {
      throw new HeddleError('version-archived', `${version.model}@${version.number} takes no new jobs.`);
    }
    const accepted = await store.jobs.submit({
      tenantId: caller.tenantId,
      versionId: version.id,
      alias: version.alias,
      task,
      parameters,
      inputs: submission.inputs,
      metadata: submission.metadata,
      priority: PRIORITY_RANK[submission.priority],
      deadlineS: submission.deadline_s,
      cost,
      idempotency: idempotencyKey === null ? null : { key: idempotencyKey, requestHash: fingerprint(body) },
    });
    if (accepted.created) this.waiters.publish('jobs-submitted', version.id);
    return accepted;
  }

  /** UUID of a public id. Throws `not-found` for a malformed one, as for an unknown one. */
  uuidOf(publicId: string): string {
    const id = fromPublicId('job', publicId);
    if (!id) throw notFound();
    return id;
  }

  /** The job now, or as it is when it has ended or `waitS` have passed. */
  async get(caller: Caller, id: string, include: JobInclude, waitS = 0): Promise<Job> {
    if (waitS > 0) await this.waitForEnd(caller, id, waitS);
    return jobView(await this.find(caller, id, include), include);
  }

  async cancel(caller: Caller, id: string): Promise<Job> {
    const include = { inputs: true, results: true };
    const canceled = await this.resources.store.jobs.cancel(caller.tenantId, id);
    if (canceled) {
      this.waiters.publish('jobs-ended', id);
      this.waiters.publish('jobs-canceled', id);
    }
    return jobView(await this.find(caller, id, include), include);
  }

  async list(caller: Caller, { filter, limit, cursor, include }: ListQuery): Promise<Page<Job>> {
    const listing = `jobs ${caller.tenantId} ${JSON.stringify(filter)}`;
    const before = cursor === null ? null : this.cursors.decode(listing, cursor);
    // One more than asked for tells whether there is a next page.
    const rows = await this.resources.store.jobs.list(
      caller.tenantId,
      filter,
      { before, limit: limit + 1 },
      include,
    );
    const shown = rows.slice(0, limit);
    return {
      data: shown.map((row) => jobView(row, include)),
      next_cursor: rows.length > limit ? this.cursors.encode(listing, shown.at(-1)!.id) : null,
    };
  }

  private async waitForEnd(caller: Caller, id: string, waitS: number): Promise<void> {
    const waiter = this.waiters.wait(id, waitS * 1000);
    if (!waiter) return;
    try {
      // Looked at after the waiter is in place: an end in between is not missed.
      const { state } = await this.find(caller, id, { inputs: false, results: false });
      if (!isTerminal(state)) await waiter.woken;
    } finally {
      waiter.leave();
    }
  }

  private async find(caller: Caller, id: string, include: JobInclude): Promise<JobRecord> {
    const record = await this.resources.store.jobs.find(caller.tenantId, id, include);
    if (!record) throw notFound();
    return record;
  }
}

function notFound(): HeddleError {
  return new HeddleError('not-found', 'There is no such job.');
}
