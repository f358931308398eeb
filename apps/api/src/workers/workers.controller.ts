import { emptyBody, fromPublicId, HeddleError, type Page, type Worker } from '@heddle/contracts';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { linkToNext, pageOf } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { RESOURCES, type Resources } from '../resources.js';
import { drainWorker, getWorker, listWorkers, listWorkersQuery } from './operations.js';
import { workerView } from './worker-view.js';

type WorkerRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

/** The workers of this instance, for its operators. */
@Controller('v1/workers')
export class WorkersController {
  private readonly cursors: Cursors;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Get()
  @RouteConfig({ scopes: ['operate'], operation: listWorkers })
  async list(
    @Req() request: WorkerRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Worker>> {
    const range = readQuery(listWorkersQuery, request.query);
    const load = (page: { before: string | null; limit: number }) => this.resources.store.workers.list(page);
    const page = await pageOf(this.cursors, 'workers', range, load, workerView);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['operate'], operation: getWorker })
  async get(@Req() request: WorkerRequest): Promise<Worker> {
    const id = workerIdOf(request.params.id);
    const shown = await this.shown(id);
    readQuery(noQuery, request.query);
    return shown;
  }

  /** The worker hears of it with its next heartbeat. */
  @Post(':id/drain')
  @HttpCode(202)
  @RouteConfig({ scopes: ['operate'], operation: drainWorker })
  async drain(@Req() request: WorkerRequest): Promise<Worker> {
    const id = workerIdOf(request.params.id);
    const caller = callerOf(request);
    await this.shown(id);
    validateBody(emptyBody, request.body);
    const { workers } = this.resources.store;
    if (!(await workers.requestDrain(id, caller.tenantId, actorOf(caller)))) throw noSuchWorker();
    return this.shown(id);
  }

  private async shown(id: string): Promise<Worker> {
    const worker = await this.resources.store.workers.find(id);
    if (!worker) throw noSuchWorker();
    return workerView(worker);
  }
}

function workerIdOf(text: string): string {
  const id = fromPublicId('worker', text);
  if (!id) throw noSuchWorker();
  return id;
}

function noSuchWorker(): HeddleError {
  return new HeddleError('not-found', 'There is no such worker.');
}
