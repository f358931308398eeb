import { type BatchState, HeddleError, LIMITS } from '@heddle/contracts';
import {
  type OpenaiBatch,
  type OpenaiBatchOrigin,
  type OpenaiList,
  openaiBatchBody,
  openaiBatchesQuery,
  openaiBatchOrigin,
  openaiBatchView,
  openaiList,
} from '@heddle/dialects';
import type { BatchRecord, FileRecord } from '@heddle/store';
import { batchView } from '@heddle/views';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { BatchesService } from '../../batches/batches.service.js';
import { FilesService } from '../../files/files.service.js';
import { AnswerMemory } from '../../http/answer-memory.js';
import { type Caller, callerOf } from '../../http/auth.js';
import { idempotencyKeyOf } from '../../http/headers.js';
import { type Query, readQuery } from '../../http/query.js';
import { validateBody } from '../../http/validate.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { nativeReference } from '../model-reference.js';
import { afterOf } from './after.js';
import { modelOfLines } from './batch-model.js';
import { cancelOpenaiBatch, createOpenaiBatch, getOpenaiBatch, listOpenaiBatches } from './operations.js';

type BatchRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('openai/v1/batches')
export class OpenaiBatchesController {
  constructor(
    @Inject(BatchesService) private readonly batches: BatchesService,
    @Inject(FilesService) private readonly files: FilesService,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: createOpenaiBatch })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiBatch> {
    const caller = callerOf(request);
    const given = idempotencyKeyOf(request.headers['idempotency-key']);
    const body = validateBody(openaiBatchBody, request.body);
    const file = await this.files.find(caller, body.input_file_id);
    const key = given && `${request.routeOptions.url} ${given}`;
    const { id, created } = await this.commit(caller, body, file, key);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return viewOf(await this.find(caller, id));
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listOpenaiBatches })
  async list(
    @Req() request: BatchRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiList<OpenaiBatch>> {
    const { tenantId } = callerOf(request);
    const { after, limit } = readQuery(openaiBatchesQuery, request.query);
    const { rows, more } = await this.resources.store.batches.list(
      tenantId,
      { source: 'openai' },
      { before: afterOf('batch', after), limit, maxBytes: LIMITS.maxPageBytes },
      this.memory.admission(reply, tenantId),
    );
    return openaiList(rows.map(viewOf), more);
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getOpenaiBatch })
  async get(@Req() request: BatchRequest): Promise<OpenaiBatch> {
    return viewOf(await this.find(callerOf(request), request.params.id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cancelOpenaiBatch })
  async cancel(@Req() request: BatchRequest): Promise<OpenaiBatch> {
    const caller = callerOf(request);
    const { id } = await this.find(caller, request.params.id);
    await this.batches.cancel(caller, id, undefined);
    return viewOf(await this.find(caller, request.params.id));
  }

  /** A file none of whose lines names a model is a batch that has failed, as is one with any other line that cannot run. */
  private async commit(
    caller: Caller,
    body: z.infer<typeof openaiBatchBody>,
    file: FileRecord,
    key: string | null,
  ): Promise<{ id: string; created: boolean }> {
    const asked = await modelOfLines(this.files, file, body.endpoint);
    const expiresS = body.output_expires_after?.seconds;
    const origin: OpenaiBatchOrigin = {
      source: 'openai',
      endpoint: body.endpoint,
      ...(asked.model === null ? {} : { model: asked.model }),
      ...(expiresS === undefined ? {} : { expiresS }),
    };
    const common = { file: body.input_file_id, metadata: body.metadata ?? {} };
    if (asked.model === null) {
      const { errors } = asked;
      return this.batches.createRefused(caller, { ...common, errors, dialect: origin }, key);
    }
    const { reference, owner } = await nativeReference(this.resources.store, caller, asked.model);
    const { task } = asked;
    const native = { ...common, model: reference, ...(task ? { task } : {}) };
    const { batch, created } = await this.batches.create(caller, native, key, { dialect: origin, owner });
    return { id: batch.id, created };
  }

  /** Batches of other interfaces are none here: their lines are others. */
  private async find(caller: Caller, publicId: string): Promise<BatchRecord> {
    const record = await this.batches.find(caller, this.batches.uuidOf(publicId));
    if (record.dialect?.source !== 'openai') throw new HeddleError('not-found', 'There is no such batch.');
    return record;
  }
}

function viewOf(record: BatchRecord): OpenaiBatch {
  const since = new Map<BatchState, string>();
  for (const entry of record.history) if (typeof entry !== 'number') since.set(entry.status, entry.at);
  return openaiBatchView(batchView(record), openaiBatchOrigin.parse(record.dialect), since);
}
