import { changeModelBody, createModelBody, type Model, type Page } from '@heddle/contracts';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { findModel, findOwnModel, noSuchModel } from '../http/find-model.js';
import { idempotencyOf } from '../http/fingerprint.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { linkToNext, pageOf } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { modelView } from './model-view.js';
import {
  changeModel,
  createModel,
  deleteModel,
  getModel,
  listModels,
  listModelsQuery,
} from './operations.js';

type ModelRequest = FastifyRequest<{ Params: { model: string }; Querystring: Query }>;

@Controller('v1/models')
export class ModelsController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(Waiters) private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Post()
  @RouteConfig({ scopes: ['manage'], operation: createModel })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Model> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const body = validateBody(createModelBody, request.body);
    const { id, created } = await this.resources.store.models.create(
      { tenantId, ...body, idempotency: idempotencyOf(key, body) },
      actorOf(caller),
    );
    const model = await this.byId(tenantId, id);
    void reply.status(201).header('location', `/v1/models/${model.name}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return model;
  }

  /** The models the tenant sees, newest first. They are few, so a page is cut from all of them. */
  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listModels })
  async list(
    @Req() request: ModelRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Model>> {
    const { tenantId } = callerOf(request);
    const { task, ...range } = readQuery(listModelsQuery, request.query);
    const filter = task === undefined ? {} : { task };
    const listing = `models ${tenantId} ${task ?? null}`;
    const load = async ({ before, limit }: { before: string | null; limit: number }) =>
      (await this.resources.store.models.list(tenantId, filter))
        .filter(({ id }) => before === null || id < before)
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit);
    const page = await pageOf(this.cursors, listing, range, load, modelView);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':model')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getModel })
  async get(@Req() request: ModelRequest): Promise<Model> {
    const { tenantId } = callerOf(request);
    const model = await findModel(this.resources.store, tenantId, request.params.model);
    readQuery(noQuery, request.query);
    return modelView(model);
  }

  @Patch(':model')
  @RouteConfig({ scopes: ['manage'], operation: changeModel })
  async change(@Req() request: ModelRequest): Promise<Model> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const { id } = await findOwnModel(this.resources.store, tenantId, request.params.model);
    const { description, gates, gated } = validateBody(changeModelBody, request.body);
    const change = {
      ...(description === undefined ? {} : { description }),
      ...(gates === undefined ? {} : { gates }),
      ...(gated === undefined ? {} : { gated }),
    };
    if (!(await this.resources.store.models.change(tenantId, id, change, actorOf(caller))))
      throw noSuchModel();
    return this.byId(tenantId, id);
  }

  @Delete(':model')
  @HttpCode(204)
  @RouteConfig({ scopes: ['manage'], operation: deleteModel })
  async remove(@Req() request: ModelRequest): Promise<void> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const { id } = await findOwnModel(this.resources.store, tenantId, request.params.model);
    readQuery(noQuery, request.query);
    const versions = await this.resources.store.models.remove(tenantId, id, {}, actorOf(caller));
    if (versions === null) throw noSuchModel();
    if (versions.length > 0) this.waiters.publish('versions-changed', versions.join(','));
  }

  private async byId(tenantId: string, id: string): Promise<Model> {
    const [model] = await this.resources.store.models.list(tenantId, { id });
    if (!model) throw noSuchModel();
    return modelView(model);
  }
}
