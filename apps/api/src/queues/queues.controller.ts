import { emptyBody, fromPublicId, HeddleError, type Page, type Queue } from '@heddle/contracts';
import type { QueueRecord } from '@heddle/store';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, allows, callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { linkToNext, pageOf } from '../http/paging.js';
import { type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listQueues, listQueuesQuery, pauseQueue, resumeQueue } from './operations.js';
import { queueView } from './queue-view.js';

type QueueRequest = FastifyRequest<{ Params: { version: string }; Querystring: Query }>;

/** What waits for each model version: a tenant sees the queues of its own models, an operator all. */
@Controller('v1/queues')
export class QueuesController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(Waiters) private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Get()
  @RouteConfig({ scopes: ['read', 'operate'], operation: listQueues })
  async list(
    @Req() request: QueueRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Queue>> {
    const caller = callerOf(request);
    const tenantId = allows(caller, 'operate') ? null : caller.tenantId;
    const range = readQuery(listQueuesQuery, request.query);
    const load = (page: { before: string | null; limit: number }) =>
      this.resources.store.queues.list(tenantId, page);
    const page = await pageOf(this.cursors, `queues ${tenantId}`, range, load, (queue) => this.view(queue));
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Post(':version/pause')
  @HttpCode(200)
  @RouteConfig({ scopes: ['operate'], operation: pauseQueue })
  pause(@Req() request: QueueRequest): Promise<Queue> {
    return this.setPaused(request, true);
  }

  @Post(':version/resume')
  @HttpCode(200)
  @RouteConfig({ scopes: ['operate'], operation: resumeQueue })
  async resume(@Req() request: QueueRequest): Promise<Queue> {
    const queue = await this.setPaused(request, false);
    this.waiters.publish('jobs-submitted', fromPublicId('version', queue.id)!);
    return queue;
  }

  private async setPaused(request: QueueRequest, paused: boolean): Promise<Queue> {
    const id = fromPublicId('version', request.params.version);
    if (!id || !(await this.resources.store.queues.has(id))) throw noSuchQueue();
    validateBody(emptyBody, request.body);
    const actor = actorOf(callerOf(request));
    if (!(await this.resources.store.queues.pause(id, paused, actor))) throw noSuchQueue();
    return this.shown(id);
  }

  private async shown(id: string): Promise<Queue> {
    const queue = await this.resources.store.queues.find(id);
    if (!queue) throw noSuchQueue();
    return this.view(queue);
  }

  private view(queue: QueueRecord): Queue {
    return queueView(queue, this.resources.config.scaling);
  }
}

function noSuchQueue(): HeddleError {
  return new HeddleError('not-found', 'There is no such queue: no version of that id takes jobs.');
}
