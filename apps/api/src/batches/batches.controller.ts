import type { Batch, Page } from '@heddle/contracts';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf, preferredWaitS, waitHeaders } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { BatchesService } from './batches.service.js';
import { cancelBatch, createBatch, getBatch, listBatches } from './operations.js';

type BatchRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/batches')
export class BatchesController {
  constructor(
    @Inject(BatchesService) private readonly batches: BatchesService,
    private readonly memory: AnswerMemory,
  ) {}

  @Post()
  @HttpCode(202)
  @RouteConfig({ scopes: ['infer'], operation: createBatch })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Batch> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const { batch, created } = await this.batches.create(callerOf(request), request.body, key);
    void reply.header('location', batch.urls.self);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return batch;
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listBatches })
  async list(
    @Req() request: BatchRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Batch>> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const page = await this.batches.list(caller, request.query, admit);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getBatch })
  async get(@Req() request: BatchRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Batch> {
    const id = this.batches.uuidOf(request.params.id);
    const waitS = preferredWaitS(request.headers.prefer);
    const caller = callerOf(request);
    await this.batches.afterFinding(caller, id, () => readQuery(noQuery, request.query));
    const { batch, waited } = await this.batches.get(caller, id, waitS);
    void reply.headers(waitHeaders(waited ? waitS : 0));
    return batch;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cancelBatch })
  cancel(@Req() request: BatchRequest): Promise<Batch> {
    return this.batches.cancel(callerOf(request), this.batches.uuidOf(request.params.id), request.body);
  }
}
