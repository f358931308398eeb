import { fromPublicId } from '@heddle/contracts';
import type { ReplicateDeployment, ReplicateModel, ReplicateVersion } from '@heddle/dialects';
import type { ModelSummary } from '@heddle/store';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../../http/auth.js';
import { Cursors } from '../../http/cursor.js';
import { largePageOf, pageOf } from '../../http/paging.js';
import { type Query, readQuery } from '../../http/query.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { noSuchModel } from '../model-reference.js';
import { baseUrlOf } from './base-url.js';
import { ReplicateModelsService, viewOf } from './models.service.js';
import {
  getReplicateDeployment,
  getReplicateModel,
  getReplicateVersion,
  listReplicateDeployments,
  listReplicateModels,
  listReplicateVersions,
} from './operations.js';
import { PAGE_SIZE, type ReplicatePage, replicatePage, replicateQuery } from './pages.js';

type ListRequest = FastifyRequest<{ Querystring: Query }>;
type ModelRequest = FastifyRequest<{ Params: { owner: string; name: string }; Querystring: Query }>;
type VersionRequest = FastifyRequest<{ Params: { owner: string; name: string; version: string } }>;

@Controller('replicate/v1')
export class ReplicateModelsController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(ReplicateModelsService) private readonly models: ReplicateModelsService,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** They are few, so a page is cut from all of them. */
  @Get('models')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateModels })
  async list(@Req() request: ListRequest): Promise<ReplicatePage<ReplicateModel>> {
    const caller = callerOf(request);
    const base = this.baseOf(request);
    const page = await pageOf(
      this.cursors,
      `replicate models ${caller.tenantId}`,
      { limit: PAGE_SIZE, ...readQuery(replicateQuery, request.query) },
      async ({ before, limit }) =>
        (await this.resources.store.models.list(caller.tenantId))
          .filter(({ id }) => before === null || id < before)
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      (model: ModelSummary) => model,
    );
    const data = await Promise.all(page.data.map((model) => this.models.view(caller, model, base)));
    return replicatePage(base, request, { ...page, data });
  }

  @Get('models/:owner/:name')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getReplicateModel })
  async get(@Req() request: ModelRequest): Promise<ReplicateModel> {
    const caller = callerOf(request);
    const { owner, name } = request.params;
    return this.models.view(caller, await this.models.find(caller, owner, name), this.baseOf(request));
  }

  @Get('models/:owner/:name/versions')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateVersions })
  async versions(@Req() request: ModelRequest): Promise<ReplicatePage<ReplicateVersion>> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const { owner, name } = request.params;
    const model = await this.models.find(caller, owner, name);
    const page = await largePageOf(
      this.cursors,
      `replicate versions ${tenantId} ${model.id}`,
      { limit: PAGE_SIZE, ...readQuery(replicateQuery, request.query) },
      (range) =>
        this.resources.store.versions.list(tenantId, model.id, { states: ['ready', 'archived'] }, range),
      viewOf,
    );
    return replicatePage(this.baseOf(request), request, page);
  }

  @Get('models/:owner/:name/versions/:version')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getReplicateVersion })
  async version(@Req() request: VersionRequest): Promise<ReplicateVersion> {
    const caller = callerOf(request);
    const { owner, name, version } = request.params;
    const model = await this.models.find(caller, owner, name);
    const id = fromPublicId('version', version);
    if (!id) throw noSuchModel(version);
    return this.models.version(caller, model, id);
  }

  /** All on one page: aliases are few. */
  @Get('deployments')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateDeployments })
  async deployments(@Req() request: ListRequest): Promise<ReplicatePage<ReplicateDeployment>> {
    const data = await this.models.deployments(callerOf(request));
    return replicatePage(this.baseOf(request), request, { data, next_cursor: null });
  }

  @Get('deployments/:owner/:name')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getReplicateDeployment })
  deployment(@Req() request: ModelRequest): Promise<ReplicateDeployment> {
    const { owner, name } = request.params;
    return this.models.deployment(callerOf(request), owner, name);
  }

  private baseOf(request: FastifyRequest): string {
    return baseUrlOf(this.resources.config.env, request);
  }
}
