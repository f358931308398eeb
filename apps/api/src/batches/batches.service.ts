import {
  type Batch,
  type BatchError,
  checkGivenParameters,
  createBatchBody,
  emptyBody,
  fromPublicId,
  HeddleError,
  isTerminalBatch,
  LIMITS,
  type Page,
  taskOf,
  toPublicId,
} from '@heddle/contracts';
import { type Admit, type BatchRecord, PRIORITY_RANK } from '@heddle/store';
import { batchView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { quotaOf } from '../http/file-quota.js';
import { canonicalJson, idempotencyOf } from '../http/fingerprint.js';
import { largePageOf } from '../http/paging.js';
import { afterLooking, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { assertCallable, normalWebhookUrl } from '../http/webhook-url.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listBatchesQuery } from './operations.js';

/** Which interface a batch comes in by. */
export interface BatchOrigin {
  /** What that interface shows of it beside what every batch has, and how its lines are written. */
  dialect: Record<string, unknown>;
  /** Slug of the tenant whose model it names; null: what that name means by itself. */
  owner: string | null;
}

/** A batch that has failed before it has begun: no line of its file names a model. */
export interface RefusedLines {
  file: string;
  metadata: Record<string, string>;
  errors: BatchError[];
  dialect: Record<string, unknown>;
}

/** Batches as rows; dispatchers get them on. */
@Injectable()
export class BatchesService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** Commits a batch; a dispatcher is nudged afterwards. `origin`: null for the native API. */
  async create(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
    origin: BatchOrigin | null = null,
  ): Promise<{ batch: Batch; created: boolean }> {
    const { id, created } = await this.commit(caller, body, idempotencyKey, origin);
    if (created) this.waiters.publish('batches-submitted', id);
    return { batch: batchView(await this.find(caller, id)), created };
  }

  /** Commits a batch that has failed. */
  async createRefused(
    { tenantId }: Caller,
    { file, ...refused }: RefusedLines,
    idempotencyKey: string | null,
  ): Promise<{ id: string; created: boolean }> {
    const { store, config } = this.resources;
    const { id, created } = await store.batches.createRefused({
      tenantId,
      fileId: await this.fileOf(tenantId, file),
      ...refused,
      priority: PRIORITY_RANK.low,
      windowS: LIMITS.defaultBatchWindowS,
      errorCount: refused.errors.length,
      keptDays: config.env.HEDDLE_BATCH_RETENTION_DAYS + config.env.HEDDLE_JOB_RETENTION_DAYS,
      idempotency: idempotencyOf(idempotencyKey, { file, ...refused }),
    });
    if (created) this.waiters.publish('batches-changed', id);
    return { id: toPublicId('batch', id), created };
  }

  list(caller: Caller, query: Query, admit: Admit): Promise<Page<Batch>> {
    const { status, ...page } = readQuery(listBatchesQuery, query);
    const filter = status ? { states: status } : {};
    return largePageOf(
      this.cursors,
      `batches ${caller.tenantId} ${canonicalJson(filter)}`,
      page,
      (range) => this.resources.store.batches.list(caller.tenantId, filter, range, admit),
      batchView,
    );
  }

  /** The batch now, or as it is when it has ended or `waitS` have passed; `waited` is false when no wait was granted. */
  async get(caller: Caller, id: string, waitS: number): Promise<{ batch: Batch; waited: boolean }> {
    const hasEnded = async () => isTerminalBatch((await this.find(caller, id)).state);
    const waited = waitS > 0 && (await this.waiters.untilEnded('batch', id, waitS, hasEnded));
    return { batch: batchView(await this.find(caller, id)), waited };
  }

  /** Ends the batch unless it has run; `body` may be empty. */
  async cancel(caller: Caller, id: string, body: unknown): Promise<Batch> {
    await this.afterFinding(caller, id, () => validateBody(emptyBody, body));
    if (await this.resources.store.batches.cancel(caller.tenantId, id)) {
      this.waiters.publish('batches-submitted', id);
      this.waiters.publish('batches-changed', id);
    }
    return batchView(await this.find(caller, id));
  }

  /** UUID of a public id. Throws `not-found` for a malformed one, as for an unknown one. */
  uuidOf(publicId: string): string {
    const id = fromPublicId('batch', publicId);
    if (!id) throw notFound();
    return id;
  }

  /** What `read` makes of a request for that batch, which must exist first. Errors: `not-found`, and those of `read`. */
  afterFinding<Read>(caller: Pick<Caller, 'tenantId'>, id: string, read: () => Read): Promise<Read> {
    return afterLooking(read, () => this.find(caller, id));
  }

  /** Errors: `not-found`. */
  async find({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<BatchRecord> {
    const record = await this.resources.store.batches.find(tenantId, id);
    if (!record) throw notFound();
    return record;
  }

  private async commit(
    { tenantId }: Caller,
    body: unknown,
    idempotencyKey: string | null,
    origin: BatchOrigin | null,
  ): Promise<{ id: string; created: boolean }> {
    const { store, config } = this.resources;
    const request = validateBody(createBatchBody, body);
    const idempotency = idempotencyOf(idempotencyKey, origin ? { body, dialect: origin.dialect } : body);
    // A replay is answered whatever has become of the model or the file since.
    const earlier = idempotency && (await store.batches.findByKey(tenantId, idempotency.key));
    if (earlier?.requestHash.equals(idempotency!.requestHash)) return { id: earlier.id, created: false };
    const webhook = request.webhook && {
      url: normalWebhookUrl(config, request.webhook.url, '/webhook/url'),
      events: [...new Set(request.webhook.events)],
    };
    const version = await store.models.resolve(tenantId, request.model, origin?.owner);
    const fileId = await this.fileOf(tenantId, request.file);
    const task = taskOf(request, version);
    // Lines may add what is missing.
    checkGivenParameters(task, request.parameters, version.manifest.architecture);
    if (!earlier && version.status === 'archived')
      throw new HeddleError('version-archived', `${version.model}@${version.number} takes no new jobs.`);
    if (!earlier && webhook) await assertCallable(config, webhook.url, '/webhook/url');
    return store.batches.create({
      tenantId,
      versionId: version.id,
      alias: version.alias,
      task,
      parameters: request.parameters,
      priority: PRIORITY_RANK[request.priority],
      invalidLines: request.invalid_lines,
      windowS: request.window_s,
      fileId,
      webhook: webhook ?? null,
      metadata: request.metadata,
      idempotency,
      dialect: origin?.dialect ?? null,
      quota: quotaOf(config.env),
    });
  }

  /** UUID of the file. Errors: `not-found`; `validation` where it is for something else. */
  private async fileOf(tenantId: string, file: string): Promise<string> {
    const id = fromPublicId('file', file);
    const [record] = id ? await this.resources.store.files.findMany(tenantId, [id]) : [];
    const wrong = (code: string, message: string) => ({ errors: [{ pointer: '/file', code, message }] });
    if (!record) {
      throw new HeddleError('not-found', 'There is no such file.', wrong('not-found', 'no such file'));
    }
    if (record.purpose !== 'batch') {
      const message = 'was uploaded for another purpose';
      throw new HeddleError('validation', 'The file is not for a batch.', wrong('value', message));
    }
    return record.id;
  }
}

function notFound(): HeddleError {
  return new HeddleError('not-found', 'There is no such batch.');
}
