import type { Access, Database } from '../database/database.js';
import { type Fence, holdFor } from '../database/lease.js';
import type { Admit, PageRange } from '../database/page.js';
import * as collects from './collect.js';
import { createEvaluation, findByKey } from './create.js';
import type { Answered, ClaimedEvaluation, NewEvaluation } from './evaluation.entity.js';
import * as feeds from './feed.js';
import * as reads from './read.js';
import * as works from './work.js';

/** Every state change of an evaluation, each one statement or one transaction (docs/evaluations.md). */
export class EvaluationRepository {
  private readonly system: Database;

  constructor(private readonly access: Access) {
    this.system = access.system;
  }

  create = (evaluation: NewEvaluation) =>
    createEvaluation(this.access.tenant(evaluation.tenantId), evaluation);
  findByKey = (tenantId: string, key: string) => findByKey(this.access.tenant(tenantId), tenantId, key);
  find = (tenantId: string, id: string) => reads.find(this.access.tenant(tenantId), tenantId, id);
  list = (tenantId: string, filter: reads.EvaluationFilter, page: PageRange, admit?: Admit) =>
    reads.list(this.access.tenant(tenantId), tenantId, filter, page, admit);
  items = (tenantId: string, id: string, page: reads.ItemPage) =>
    reads.items(this.access.tenant(tenantId), id, page);
  cancel = (tenantId: string, id: string, days: number) =>
    works.cancel(this.access.tenant(tenantId), tenantId, id, days);
  endedAmong = (ids: string[]) => reads.endedAmong(this.system, ids);
  sequencesOf = (ids: string[]) => reads.sequencesOf(this.system, ids);

  claim = (leaseMs: number, full?: string[]) => works.claim(this.system, leaseMs, full);
  holdFor = (fence: Fence, ms: number) => holdFor(this.system, 'evaluations', fence, ms);
  start = (fence: Fence, found: works.ReadDataset) => works.start(this.system, fence, found);
  tellProgress = (fence: Fence, progress: { least: number; all: number }) =>
    works.tellProgress(this.system, fence, progress);
  end = (fence: Fence, ending: works.EvaluationEnding, days: number) =>
    works.end(this.system, fence, ending, days);

  openWork = (id: string) => feeds.openWork(this.system, id);
  addExamples = (evaluation: ClaimedEvaluation, examples: feeds.FedExamples) =>
    feeds.addExamples(this.system, evaluation, examples);

  endedJobs = (id: string, limit: number) => collects.endedJobs(this.system, id, limit);
  answersOf = (jobId: string) => collects.answersOf(this.system, jobId);
  itemsAt = (id: string, places: number[]) => collects.itemsAt(this.system, id, places);
  keepAnswers = (
    fence: Fence,
    job: Pick<collects.EndedEvaluationJob, 'id' | 'ofBaseline'>,
    answered: Answered[],
  ) => collects.keepAnswers(this.system, fence, job, answered);
  divide = (fence: Fence, job: Pick<collects.EndedEvaluationJob, 'id' | 'places'>) =>
    collects.divide(this.system, fence, job);
  effortOf = (id: string, ofBaseline: boolean) => collects.effortOf(this.system, id, ofBaseline);
  /** Of any tenant. */
  answeredItems = (id: string, page: reads.ItemPage) => reads.items(this.system, id, page);

  release = () => works.release(this.system);
  removeOldItems = () => works.removeOldItems(this.system);
}
