import type { Database } from '../database/database.js';
import type { Admit, PageRange } from '../database/page.js';
import { backlog } from './backlog.js';
import * as claims from './claim.js';
import * as dispatches from './dispatch.js';
import * as finishes from './finish.js';
import * as reads from './read.js';
import * as requeues from './requeue.js';
import * as retention from './retention.js';
import { openSubmit, rememberAnswer, type Submit } from './submit.js';

/** Every state change of a job, each one statement or one transaction (docs/job-states.md). */
export class JobRepository {
  readonly submit: Submit;
  readonly find: reads.FindJob;

  constructor(private readonly database: Database) {
    this.submit = openSubmit(database);
    this.find = reads.openFindJob(database);
  }

  rememberAnswer = (id: string, answerStatus: number) => rememberAnswer(this.database, id, answerStatus);
  backlog = () => backlog(this.database);
  findByKey = (tenantId: string, key: string) => reads.findByKey(this.database, tenantId, key);
  list = (
    tenantId: string,
    filter: reads.JobFilter,
    page: PageRange,
    include: reads.JobInclude,
    admit?: Admit,
  ) => reads.listJobs(this.database, tenantId, filter, page, include, admit);
  endedAmong = (ids: string[]) => reads.endedAmong(this.database, ids);
  sequencesOf = (ids: string[]) => reads.sequencesOf(this.database, ids);
  purge = (tenantId: string, id: string) => retention.purge(this.database, tenantId, id);
  cancel = (tenantId: string, id: string) => finishes.cancel(this.database, tenantId, id);

  versionsWithBacklog = () => dispatches.versionsWithBacklog(this.database);
  windowOf = (versionId: string) => dispatches.windowOf(this.database, versionId);
  dispatch = (
    versionId: string,
    limit: number,
    add: (chosen: dispatches.Candidate[]) => Promise<unknown>,
    choose?: dispatches.Choose,
  ) => dispatches.dispatch(this.database, versionId, limit, add, choose);

  claim = (entries: { id: string; epoch: number }[], worker: { id: string; leaseMs: number }) =>
    claims.claim(this.database, entries, worker);
  extendLeases = (held: { id: string; attempt: number }[], leaseMs: number) =>
    claims.extendLeases(this.database, held, leaseMs);
  finish = (jobs: finishes.FinishedJob[], workerId: string) => finishes.finish(this.database, jobs, workerId);
  giveBack = (jobs: { id: string; attempt: number }[], reason: requeues.ReturnReason) =>
    requeues.giveBack(this.database, jobs, reason);

  endLeasesOfGoneWorkers = () => requeues.endLeasesOfGoneWorkers(this.database);
  giveBackExpiredLeases = () => requeues.giveBackExpiredLeases(this.database);
  untilDeadlineMs = () => requeues.untilDeadlineMs(this.database);
  expireOverdue = () => requeues.expireOverdue(this.database);
  versionsInWindow = () => requeues.versionsInWindow(this.database);
  dispatchedEntries = (versionId: string, graceMs: number) =>
    requeues.dispatchedEntries(this.database, versionId, graceMs);
  undispatch = (entries: { id: string; epoch: number }[]) => requeues.undispatch(this.database, entries);
  undispatchAll = () => requeues.undispatchAll(this.database);

  removeExpiredData = () => retention.removeExpiredData(this.database);
  removeOldRows = (days: number) => retention.removeOldRows(this.database, days);
}
