import type { Evaluation, EvaluationItem, Page } from '@heddle/contracts';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf, preferredWaitS, waitHeaders } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { EvaluationsService } from './evaluations.service.js';
import {
  cancelEvaluation,
  createEvaluation,
  getEvaluation,
  listEvaluationItems,
  listEvaluations,
} from './operations.js';

type EvaluationRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/evaluations')
export class EvaluationsController {
  constructor(
    @Inject(EvaluationsService) private readonly evaluations: EvaluationsService,
    private readonly memory: AnswerMemory,
  ) {}

  @Post()
  @HttpCode(202)
  @RouteConfig({ scopes: ['manage'], operation: createEvaluation })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Evaluation> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const { evaluation, created } = await this.evaluations.create(callerOf(request), request.body, key);
    void reply.header('location', evaluation.urls.self);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return evaluation;
  }

  @Get()
  @RouteConfig({ scopes: ['read'], operation: listEvaluations })
  async list(
    @Req() request: EvaluationRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Evaluation>> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const page = await this.evaluations.list(caller, request.query, admit);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['read'], operation: getEvaluation })
  async get(
    @Req() request: EvaluationRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Evaluation> {
    const id = this.evaluations.uuidOf(request.params.id);
    const waitS = preferredWaitS(request.headers.prefer);
    const caller = callerOf(request);
    await this.evaluations.afterFinding(caller, id, () => readQuery(noQuery, request.query));
    const { evaluation, waited } = await this.evaluations.get(caller, id, waitS);
    void reply.headers(waitHeaders(waited ? waitS : 0));
    return evaluation;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RouteConfig({ scopes: ['manage'], operation: cancelEvaluation })
  cancel(@Req() request: EvaluationRequest): Promise<Evaluation> {
    const id = this.evaluations.uuidOf(request.params.id);
    return this.evaluations.cancel(callerOf(request), id, request.body);
  }

  @Get(':id/items')
  @RouteConfig({ scopes: ['read'], operation: listEvaluationItems })
  async items(
    @Req() request: EvaluationRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<EvaluationItem>> {
    const id = this.evaluations.uuidOf(request.params.id);
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const page = await this.evaluations.items(caller, id, request.query, admit);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }
}
