import { isTerminal, type Job, type Page } from '@heddle/contracts';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf, preferredWaitS, waitHeaders } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import type { Query } from '../http/query.js';
import { JobsService } from './jobs.service.js';
import { parseJobQuery, parseListQuery } from './list-query.js';
import { cancelJob, createJob, getJob, listJobs, purgeJob } from './operations.js';
import { serverTiming } from './server-timing.js';

const ALL = { inputs: true, results: true };
type JobRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(JobsService) private readonly jobs: JobsService,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
  ) {}

  @Post()
  @RouteConfig({ scopes: ['infer'], operation: createJob })
  async submit(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const caller = callerOf(request);
    const waitS = preferredWaitS(request.headers.prefer);
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const submitted = await this.jobs.submit(caller, request.body, key, waitS);
    const { id, created } = submitted;
    const admit = this.memory.admission(reply, caller.tenantId);
    const { job, waited } = await this.jobs.get(caller, id, ALL, created ? 0 : waitS, admit);
    const ended = waitS > 0 && isTerminal(job.status);
    const status = submitted.answerStatus ?? (ended ? 201 : 202);
    if (created && key !== null && submitted.answerStatus === null)
      await this.jobs.rememberAnswer(caller, id, status);
    void reply
      .status(status)
      .headers({ location: job.urls.self, ...waitHeaders(waited || submitted.waited ? waitS : 0) });
    if (!created) void reply.header('idempotency-replayed', 'true');
    if (ended && job.timing) void reply.header('server-timing', serverTiming(job.timing));
    return job;
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listJobs })
  async list(
    @Req() request: JobRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Job>> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const page = await this.jobs.list(caller, parseListQuery(request.query), admit);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getJob })
  async get(@Req() request: JobRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Job> {
    const id = this.jobs.uuidOf(request.params.id);
    const waitS = preferredWaitS(request.headers.prefer);
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const { include, streamToken } = await this.jobs.afterFinding(caller, id, () =>
      parseJobQuery(request.query),
    );
    const { job, waited } = await this.jobs.get(caller, id, include, waitS, admit);
    void reply.headers(waitHeaders(waited ? waitS : 0));
    return streamToken ? this.jobs.withStreamToken(caller, id, job) : job;
  }

  @Post(':id/purge')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: purgeJob })
  purge(@Req() request: JobRequest): Promise<Job> {
    return this.jobs.purge(callerOf(request), this.jobs.uuidOf(request.params.id), request.body);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cancelJob })
  cancel(@Req() request: JobRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Job> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    return this.jobs.cancel(caller, this.jobs.uuidOf(request.params.id), request.body, admit);
  }
}
