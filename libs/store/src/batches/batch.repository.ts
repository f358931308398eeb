import type { Task } from '@heddle/contracts';
import type { Access, Database } from '../database/database.js';
import { type Fence, holdFor } from '../database/lease.js';
import type { Admit, PageRange } from '../database/page.js';
import type { ClaimedBatch, LineError, NewBatch, RefusedBatch } from './batch.entity.js';
import { type CollectOptions, collect } from './collect.js';
import { createBatch, createRefused, findByKey } from './create.js';
import * as feeds from './feed.js';
import * as finishes from './finish.js';
import * as reads from './read.js';
import { releaseJobs, removeOld } from './retention.js';
import * as works from './work.js';

/** Every state change of a batch, each one statement or one transaction (docs/batches.md). */
export class BatchRepository {
  private readonly system: Database;

  constructor(private readonly access: Access) {
    this.system = access.system;
  }

  create = (batch: NewBatch) => createBatch(this.access.tenant(batch.tenantId), batch);
  createRefused = (batch: RefusedBatch) => createRefused(this.access.tenant(batch.tenantId), batch);
  findByKey = (tenantId: string, key: string) => findByKey(this.access.tenant(tenantId), tenantId, key);
  find = (tenantId: string, id: string) => reads.find(this.access.tenant(tenantId), tenantId, id);
  list = (tenantId: string, filter: reads.BatchFilter, page: PageRange, admit?: Admit) =>
    reads.list(this.access.tenant(tenantId), tenantId, filter, page, admit);
  cancel = (tenantId: string, id: string) => works.cancel(this.access.tenant(tenantId), tenantId, id);
  endedAmong = (ids: string[]) => reads.endedAmong(this.system, ids);
  sequencesOf = (ids: string[]) => reads.sequencesOf(this.system, ids);

  claim = (leaseMs: number, turn?: works.Turn) => works.claim(this.system, leaseMs, turn);
  holdFor = (fence: Fence, ms: number) => holdFor(this.system, 'batches', fence, ms);
  beginValidation = (fence: Fence) => works.beginValidation(this.system, fence);
  addLineErrors = (fence: Fence, errors: LineError[]) => works.addLineErrors(this.system, fence, errors);
  start = (fence: Fence, found: works.Validated) => works.start(this.system, fence, found);
  fail = (fence: Fence, found: works.Refused, keptDays: number) =>
    works.fail(this.system, fence, found, keptDays);

  openWork = (batch: Pick<ClaimedBatch, 'tenantId' | 'versionId' | 'priority'>, task: Task | null = null) =>
    feeds.openWork(this.system, batch, task);
  invalidLines = (id: string, from: number, to: number) => feeds.invalidLines(this.system, id, from, to);
  addJobs = (fence: Fence, made: feeds.MadeJobs) => feeds.addJobs(this.system, fence, made);
  collect = (fence: Fence, options: CollectOptions) => collect(this.system, fence, options);

  beginFinalizing = (fence: Fence, overfull = false) =>
    finishes.beginFinalizing(this.system, fence, overfull);
  endOpenJobs = (fence: Fence, state: finishes.EndedAs) => finishes.endOpenJobs(this.system, fence, state);
  endedJobs = (id: string, after: string | null, limit: number) =>
    finishes.endedJobs(this.system, id, after, limit);
  itemsOf = (jobId: string) => finishes.itemsOf(this.system, jobId);
  lineErrors = (id: string, after: number, limit: number) =>
    finishes.lineErrors(this.system, id, after, limit);
  reserveFiles = (fence: Fence, tenantId: string, files: finishes.MadeFile[]) =>
    finishes.reserveFiles(this.system, fence, tenantId, files);
  complete = (fence: Fence, ending: finishes.Ending) => finishes.complete(this.system, fence, ending);

  releaseJobs = () => releaseJobs(this.system);
  removeOld = () => removeOld(this.system);
}
