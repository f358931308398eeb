import type { Access, Database } from '../database/database.js';
import type { Admit, PageRange } from '../database/page.js';
import { backlog } from './backlog.js';
import * as claims from './claim.js';
import { countEnded } from './count-ended.js';
import * as dispatches from './dispatch.js';
import * as finishes from './finish.js';
import * as reads from './read.js';
import * as requeues from './requeue.js';
import * as retention from './retention.js';
import { forgetKey, openSubmit, rememberAnswer, type Submit } from './submit.js';
import { failUnavailable, unavailableVersions } from './unavailable.js';

/** Every state change of a job, each one statement or one transaction (docs/job-states.md). */
export class JobRepository {
  readonly submit: Submit;
  readonly find: reads.FindJob;

  private readonly system: Database;

  constructor(private readonly access: Access) {
    this.system = access.system;
    this.submit = openSubmit(access);
    this.find = reads.openFindJob(access);
  }

  rememberAnswer = (tenantId: string, id: string, answerStatus: number) =>
    rememberAnswer(this.access.tenant(tenantId), id, answerStatus);
  forgetKey = (tenantId: string, id: string) => forgetKey(this.access.tenant(tenantId), id);
  backlog = () => backlog(this.system);
  findByKey = (tenantId: string, key: string) => reads.findByKey(this.access.tenant(tenantId), tenantId, key);
  list = (
    tenantId: string,
    filter: reads.JobFilter,
    page: PageRange,
    include: reads.JobInclude,
    admit?: Admit,
  ) => reads.listJobs(this.access, tenantId, filter, page, include, admit);
  endedAmong = (ids: string[]) => reads.endedAmong(this.system, ids);
  sequencesOf = (ids: string[]) => reads.sequencesOf(this.system, ids);
  purge = (tenantId: string, id: string) => retention.purge(this.access.tenant(tenantId), tenantId, id);
  cancel = (tenantId: string, id: string) => finishes.cancel(this.access.tenant(tenantId), tenantId, id);

  versionsWithBacklog = () => dispatches.versionsWithBacklog(this.system);
  windowOf = (versionId: string) => dispatches.windowOf(this.system, versionId);
  dispatch = (
    versionId: string,
    limit: number,
    add: (chosen: dispatches.Candidate[]) => Promise<unknown>,
    choose?: dispatches.Choose,
  ) => dispatches.dispatch(this.system, versionId, limit, add, choose);

  claim = (entries: { id: string; epoch: number }[], worker: { id: string; leaseMs: number }) =>
    claims.claim(this.system, entries, worker);
  extendLeases = (held: { id: string; attempt: number }[], worker: { id: string; leaseMs: number }) =>
    claims.extendLeases(this.system, held, worker);
  finish = (jobs: finishes.FinishedJob[], workerId: string) => finishes.finish(this.system, jobs, workerId);
  giveBack = (jobs: { id: string; attempt: number }[], reason: requeues.ReturnReason, workerId: string) =>
    requeues.giveBack(this.system, jobs, reason, workerId);

  endLeasesOfGoneWorkers = () => requeues.endLeasesOfGoneWorkers(this.system);
  giveBackExpiredLeases = () => requeues.giveBackExpiredLeases(this.system);
  untilDeadlineMs = () => requeues.untilDeadlineMs(this.system);
  expireOverdue = () => requeues.expireOverdue(this.system);
  unavailableVersions = () => unavailableVersions(this.system);
  failUnavailable = (versions: string[]) => failUnavailable(this.system, versions);
  countEnded = (ids: string[]) => countEnded(this.system, ids);
  versionsInWindow = () => requeues.versionsInWindow(this.system);
  dispatchedEntries = (versionId: string, graceMs: number) =>
    requeues.dispatchedEntries(this.system, versionId, graceMs);
  undispatch = (entries: { id: string; epoch: number }[]) => requeues.undispatch(this.system, entries);
  undispatchAll = () => requeues.undispatchAll(this.system);

  removeExpiredData = () => retention.removeExpiredData(this.system);
  removeOldRows = (days: number) => retention.removeOldRows(this.system, days);
}
