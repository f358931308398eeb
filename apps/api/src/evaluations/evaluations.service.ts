import {
  createEvaluationBody,
  type Evaluation,
  type EvaluationItem,
  emptyBody,
  fromPublicId,
  HeddleError,
  isTerminalEvaluation,
  LIMITS,
  type Page,
} from '@heddle/contracts';
import { type Admit, type EvaluationRecord, type PinnedVersion, PRIORITY_RANK } from '@heddle/store';
import { evaluationItemView, evaluationView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { canonicalJson, idempotencyOf } from '../http/fingerprint.js';
import { largePageOf } from '../http/paging.js';
import { afterLooking, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listEvaluationsQuery, listItemsQuery } from './operations.js';
import { planOf } from './request.js';

/** No row has it. */
const NOTHING = '00000000-0000-0000-0000-000000000000';

/** Evaluations as rows; dispatchers get them on. */
@Injectable()
export class EvaluationsService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** Commits an evaluation; a dispatcher is nudged afterwards. */
  async create(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ evaluation: Evaluation; created: boolean }> {
    const { id, created } = await this.commit(caller, body, idempotencyKey);
    if (created) this.waiters.publish('evaluations-submitted', id);
    return { evaluation: evaluationView(await this.find(caller, id)), created };
  }

  list(caller: Caller, query: Query, admit: Admit): Promise<Page<Evaluation>> {
    const { status, model, version, dataset, ...page } = readQuery(listEvaluationsQuery, query);
    const filter = {
      ...(status && { states: status }),
      ...(model !== undefined && { model }),
      // An id that cannot exist matches nothing, as one that does not.
      ...(version !== undefined && { versionId: fromPublicId('version', version) ?? NOTHING }),
      ...(dataset !== undefined && { fileId: fromPublicId('file', dataset) ?? NOTHING }),
    };
    return largePageOf(
      this.cursors,
      `evaluations ${caller.tenantId} ${canonicalJson(filter)}`,
      page,
      (range) => this.resources.store.evaluations.list(caller.tenantId, filter, range, admit),
      evaluationView,
    );
  }

  /** The evaluation now, or as it is when it has ended or `waitS` have passed; `waited` is false when no wait was granted. */
  async get(caller: Caller, id: string, waitS: number): Promise<{ evaluation: Evaluation; waited: boolean }> {
    const hasEnded = async () => isTerminalEvaluation((await this.find(caller, id)).state);
    const waited = waitS > 0 && (await this.waiters.untilEnded('evaluation', id, waitS, hasEnded));
    return { evaluation: evaluationView(await this.find(caller, id)), waited };
  }

  /** Ends the evaluation unless it has ended; `body` may be empty. */
  async cancel(caller: Caller, id: string, body: unknown): Promise<Evaluation> {
    await this.afterFinding(caller, id, () => validateBody(emptyBody, body));
    const { store, config } = this.resources;
    if (await store.evaluations.cancel(caller.tenantId, id, config.env.HEDDLE_BATCH_RETENTION_DAYS)) {
      this.waiters.publish('evaluations-submitted', id);
      this.waiters.publish('evaluations-changed', id);
      this.waiters.publish('evaluations-ended', id);
    }
    return evaluationView(await this.find(caller, id));
  }

  /** Examples with their answers, in the order of the data set. */
  async items(caller: Caller, id: string, query: Query, admit: Admit): Promise<Page<EvaluationItem>> {
    const { limit, cursor, correct } = await this.afterFinding(caller, id, () =>
      readQuery(listItemsQuery, query),
    );
    const record = await this.find(caller, id);
    const listing = `evaluation-items ${caller.tenantId} ${id} ${correct ?? ''}`;
    const after = cursor === undefined ? -1 : placeIn(this.cursors.decode(listing, cursor));
    const { rows, more } = await this.resources.store.evaluations.items(caller.tenantId, id, {
      admit,
      after,
      limit,
      maxBytes: LIMITS.maxPageBytes,
      ...(correct !== undefined && { correct: correct === 'true' }),
    });
    // None where retention has taken them since they were counted.
    const last = rows.at(-1);
    return {
      data: rows.map((row) => evaluationItemView(row, record)),
      next_cursor: last && more ? this.cursors.encode(listing, uuidOfPlace(last.place)) : null,
    };
  }

  /** UUID of a public id. Throws `not-found` for a malformed one, as for an unknown one. */
  uuidOf(publicId: string): string {
    const id = fromPublicId('evaluation', publicId);
    if (!id) throw notFound();
    return id;
  }

  /** What `read` makes of a request for that evaluation, which must exist first. Errors: `not-found`, and those of `read`. */
  afterFinding<Read>(caller: Pick<Caller, 'tenantId'>, id: string, read: () => Read): Promise<Read> {
    return afterLooking(read, () => this.find(caller, id));
  }

  /** Errors: `not-found`. */
  async find({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<EvaluationRecord> {
    const record = await this.resources.store.evaluations.find(tenantId, id);
    if (!record) throw notFound();
    return record;
  }

  private async commit(
    { tenantId }: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ id: string; created: boolean }> {
    const { store } = this.resources;
    const request = validateBody(createEvaluationBody, body);
    const idempotency = idempotencyOf(idempotencyKey, body);
    // A replay is answered whatever has become of the models or the file since.
    const earlier = idempotency && (await store.evaluations.findByKey(tenantId, idempotency.key));
    if (earlier?.requestHash.equals(idempotency!.requestHash)) return { id: earlier.id, created: false };
    const version = await store.models.resolve(tenantId, request.model);
    const baseline =
      request.baseline === undefined ? null : await this.baselineOf(tenantId, request.baseline);
    const fileId = await this.fileOf(tenantId, request.dataset);
    const { task, parameters, options } = planOf(request, version, baseline);
    for (const one of [version, ...(baseline ? [baseline] : [])]) {
      if (!earlier && one.status === 'archived')
        throw new HeddleError('version-archived', `${one.model}@${one.number} takes no new jobs.`);
    }
    return store.evaluations.create({
      tenantId,
      versionId: version.id,
      alias: version.alias,
      baselineVersionId: baseline?.id ?? null,
      task,
      parameters,
      options,
      priority: PRIORITY_RANK[request.priority],
      invalidLines: request.invalid_lines,
      windowS: request.window_s,
      fileId,
      metadata: request.metadata,
      idempotency,
    });
  }

  /** Errors: as `resolve`; what is wrong is said of the baseline. */
  private async baselineOf(tenantId: string, reference: string): Promise<PinnedVersion> {
    try {
      return await this.resources.store.models.resolve(tenantId, reference);
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code !== 'not-found') throw error;
      const errors = error.errors.map((one) => ({ ...one, pointer: '/baseline' }));
      throw new HeddleError('not-found', error.message, { errors });
    }
  }

  /** UUID of the file. Errors: `not-found`; `validation` where it is for something else. */
  private async fileOf(tenantId: string, dataset: string): Promise<string> {
    const id = fromPublicId('file', dataset);
    const [record] = id ? await this.resources.store.files.findMany(tenantId, [id]) : [];
    const wrong = (code: string, message: string) => ({ errors: [{ pointer: '/dataset', code, message }] });
    if (!record) {
      throw new HeddleError('not-found', 'There is no such file.', wrong('not-found', 'no such file'));
    }
    if (record.purpose !== 'dataset') {
      const message = 'was uploaded for another purpose';
      throw new HeddleError('validation', 'The file is not a data set.', wrong('value', message));
    }
    return record.id;
  }
}

/** Cursors hold UUIDs: a place in the form of one. */
function uuidOfPlace(place: number): string {
  return `00000000-0000-0000-0000-${place.toString(16).padStart(12, '0')}`;
}

function placeIn(uuid: string): number {
  return Number.parseInt(uuid.slice(-12), 16);
}

function notFound(): HeddleError {
  return new HeddleError('not-found', 'There is no such evaluation.');
}
