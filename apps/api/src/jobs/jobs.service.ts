import {
  type AttentionParameters,
  checkInputs,
  emptyBody,
  flowKey,
  fromPublicId,
  HeddleError,
  isTerminal,
  type Job,
  type JobSource,
  type JobState,
  newUuid,
  type Page,
  type PredictionEventType,
  type TextItem,
  taskOf,
  toPublicId,
} from '@heddle/contracts';
import { type Admit, type JobInclude, type JobRecord, PRIORITY_RANK, type Submitted } from '@heddle/store';
import { jobView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { canonicalJson, idempotencyOf } from '../http/fingerprint.js';
import { largePageOf } from '../http/paging.js';
import { afterLooking } from '../http/query.js';
import { StreamTokens } from '../http/stream-token.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { assertCallable, normalWebhookUrl } from '../http/webhook-url.js';
import { RESOURCES, type Resources } from '../resources.js';
import { AttentionSize } from './attention-size.js';
import { Capacity } from './capacity.js';
import type { ListQuery } from './list-query.js';
import { parseSubmission } from './submission.js';
import { trialOf } from './trial.js';

/** Which interface a job comes in by. */
export interface JobOrigin {
  source: JobSource;
  /** Slug of the tenant whose model the submission names; absent or null: what that name means by itself. */
  owner?: string | null;
  /** What the client asked for, where the submission is made of that: what an idempotency key stands for. */
  request?: unknown;
  /** Whether a key stands for an answer: one whose job has come to nothing, or whose results are gone, is as good as new. */
  standsForAnswer?: boolean;
  /** What that interface shows of the job beside what every job has. */
  dialect?: Record<string, unknown>;
  /** What its webhook is told of, in place of what the submission says. */
  webhookEvents?: readonly PredictionEventType[];
  /** Told of the UUID of a new job once it is committed, before it is waited for. */
  onCommitted?: (id: string) => void;
}

const NATIVE: JobOrigin = { source: 'native' };

/** Jobs as the native API offers them; every dialect translates to this. */
@Injectable()
export class JobsService {
  private readonly cursors: Cursors;
  private readonly streamTokens: StreamTokens;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
    private readonly capacity: Capacity,
    private readonly attentionSize: AttentionSize,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
    this.streamTokens = new StreamTokens(resources.streamSecret);
  }

  /**
   * Commits a job, and holds as `get` does where it is a new one. Only Postgres is asked; the dispatcher is nudged
   * afterwards.
   */
  async submit(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
    waitS: number,
    origin: JobOrigin = NATIVE,
  ): Promise<Submitted & { waited: boolean }> {
    const id = newUuid();
    const commit = async () => {
      const committed = await this.commit(id, caller, body, idempotencyKey, waitS > 0 ? null : 202, origin);
      caller.jobId = toPublicId('job', committed.id);
      if (committed.created) origin.onCommitted?.(committed.id);
      return committed;
    };
    let submitted: Submitted | undefined;
    // Waited for from before it exists, a job needs no look at whether it has ended meanwhile.
    const held =
      waitS > 0 &&
      (await this.waiters.untilEnded('job', id, waitS, async () => {
        submitted = await commit();
        return !submitted.created;
      }));
    submitted ??= await commit();
    return { ...submitted, waited: held && submitted.created };
  }

  /**
   * Of the request that made a job with an idempotency key: replays answer the same. Where it cannot be written down a
   * replay is answered by what has become of the job, which is no reason to keep this answer back.
   */
  async rememberAnswer({ tenantId }: Caller, id: string, answerStatus: number): Promise<void> {
    try {
      await this.resources.store.jobs.rememberAnswer(tenantId, id, answerStatus);
    } catch (error) {
      this.resources.logger.warn(
        { error, job: toPublicId('job', id) },
        'the status of an answer was not written down',
      );
    }
  }

  /** UUID of a public id. Throws `not-found` for a malformed one, as for an unknown one. */
  uuidOf(publicId: string): string {
    const id = fromPublicId('job', publicId);
    if (!id) throw notFound();
    return id;
  }

  /** The job now, or as it is when it has ended or `waitS` have passed; `waited` is false when no wait was granted. */
  async get(
    caller: Caller,
    id: string,
    include: JobInclude,
    waitS: number,
    admit: Admit,
  ): Promise<{ job: Job; waited: boolean }> {
    const light = { inputs: false, results: false };
    const hasEnded = async () => isTerminal((await this.find(caller, id, light, admit)).state);
    const waited = waitS > 0 && (await this.waiters.untilEnded('job', id, waitS, hasEnded));
    return { job: jobView(await this.find(caller, id, include, admit), include), waited };
  }

  /** The job with a URL of its events that needs no key. */
  withStreamToken(caller: Caller, id: string, job: Job): Job {
    const token = this.streamTokens.issue(caller.keyId, id);
    return { ...job, urls: { ...job.urls, events: `${job.urls.events}?token=${token}` } };
  }

  /** Ends the job unless it has ended; `body` may be empty. */
  async cancel(caller: Caller, id: string, body: unknown, admit: Admit): Promise<Job> {
    await this.afterFinding(caller, id, () => validateBody(emptyBody, body));
    const include = { inputs: true, results: true };
    const canceled = await this.resources.store.jobs.cancel(caller.tenantId, id);
    if (canceled) {
      this.waiters.publish('jobs-ended', id);
      this.waiters.publish('jobs-canceled', id);
    }
    const job = jobView(await this.find(caller, id, include, admit), include);
    if (canceled) this.resources.metrics.canceled(job);
    return job;
  }

  /** Erases inputs and results of a job that has ended; `body` may be empty. Errors: `not-terminal`. */
  async purge(caller: Caller, id: string, body: unknown): Promise<Job> {
    await this.afterFinding(caller, id, () => validateBody(emptyBody, body));
    const outcome = await this.resources.store.jobs.purge(caller.tenantId, id);
    if (outcome === null) throw notFound();
    if (outcome === 'not-terminal') {
      throw new HeddleError('not-terminal', 'The job has not ended: cancel it before its data is purged.');
    }
    // Nothing is left to read that could be large.
    const include = { inputs: true, results: true };
    return jobView(await this.find(caller, id, include, async () => undefined), include);
  }

  async list(caller: Caller, { filter, include, ...page }: ListQuery, admit: Admit): Promise<Page<Job>> {
    return largePageOf(
      this.cursors,
      `jobs ${caller.tenantId} ${canonicalJson(filter)}`,
      page,
      (range) => this.resources.store.jobs.list(caller.tenantId, filter, range, include, admit),
      (row) => jobView(row, include),
    );
  }

  /** `answerStatus`: the status code of the answer, null when a wait decides it. */
  private async commit(
    id: string,
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
    answerStatus: number | null,
    { source, owner, request, standsForAnswer, dialect, webhookEvents }: JobOrigin,
  ): Promise<Submitted> {
    const { store } = this.resources;
    const submission = parseSubmission(body);
    const idempotency = idempotencyOf(idempotencyKey, request ?? body);
    // A replay is answered whatever has become of the model or the capacity since.
    let earlier = idempotency && (await store.jobs.findByKey(caller.tenantId, idempotency.key));
    if (earlier && standsForAnswer && hasNoAnswer(earlier)) {
      await store.jobs.forgetKey(caller.tenantId, earlier.id);
      earlier = null;
    }
    if (earlier?.requestHash.equals(idempotency!.requestHash)) {
      return { id: earlier.id, created: false, answerStatus: earlier.answerStatus };
    }
    const { config } = this.resources;
    const webhook = submission.webhook && {
      url: normalWebhookUrl(config, submission.webhook.url, '/webhook/url'),
      events: [...(webhookEvents ?? new Set(submission.webhook.events))],
    };
    const resolved = await store.models.resolve(caller.tenantId, submission.model, owner);
    const task = taskOf(submission, resolved);
    const checked = checkInputs(task, submission, resolved.manifest);
    const key = idempotencyKey ?? id;
    const trial = trialOf(resolved, { tenantId: caller.tenantId, key, task, submission });
    const version = trial?.version ?? resolved;
    const { parameters, cost } = trial ?? checked;
    if (!earlier) {
      if (task === 'attention')
        await this.attentionSize.check(
          submission.inputs as TextItem[],
          parameters as AttentionParameters,
          version.manifest,
        );
      if (version.status === 'archived') {
        throw new HeddleError('version-archived', `${version.model}@${version.number} takes no new jobs.`);
      }
      if (webhook) await assertCallable(config, webhook.url, '/webhook/url');
      await this.capacity.take(caller, submission.inputs.length);
    }
    const flow = { tenantId: caller.tenantId, priority: PRIORITY_RANK[submission.priority] };
    const accepted = await store.jobs.submit({
      id,
      ...flow,
      versionId: version.id,
      alias: version.alias,
      canary: trial !== null,
      shadowVersionId: trial ? null : resolved.shadow,
      task,
      parameters,
      inputs: submission.inputs,
      source,
      dialect: dialect ?? null,
      metadata: submission.metadata,
      webhook: webhook ?? null,
      traceparent: caller.traceparent,
      deadlineS: submission.deadline_s,
      resultTtlS: submission.result_ttl_s,
      cost,
      idempotency,
      answerStatus,
    });
    if (accepted.created) this.waiters.publish('jobs-submitted', `${version.id}/${flowKey(flow)}`);
    return accepted;
  }

  /** What `read` makes of a request for that job, which must exist first. Errors: `not-found`, and those of `read`. */
  afterFinding<Read>({ tenantId }: Pick<Caller, 'tenantId'>, id: string, read: () => Read): Promise<Read> {
    const light = { inputs: false, results: false };
    return afterLooking(read, () => this.find({ tenantId }, id, light, async () => undefined));
  }

  /** Errors: `not-found`. */
  async find(
    { tenantId }: Pick<Caller, 'tenantId'>,
    id: string,
    include: JobInclude,
    admit: Admit,
  ): Promise<JobRecord> {
    const record = await this.resources.store.jobs.find(tenantId, id, include, admit);
    if (!record) throw notFound();
    return record;
  }
}

function hasNoAnswer({ state, dataRemoved }: { state: JobState; dataRemoved: boolean }): boolean {
  return dataRemoved || (isTerminal(state) && state !== 'succeeded');
}

function notFound(): HeddleError {
  return new HeddleError('not-found', 'There is no such job.');
}
