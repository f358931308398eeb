import { fromPublicId, LIMITS } from '@heddle/contracts';
import type { ReplicateDeployment, ReplicateModel, ReplicateVersion } from '@heddle/dialects';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../../http/auth.js';
import { Cursors, NameCursors } from '../../http/cursor.js';
import type { Query } from '../../http/query.js';
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
import { byName, newestFirst, pageOfAll, type ReplicatePage, replicatePage } from './pages.js';

type ListRequest = FastifyRequest<{ Querystring: Query }>;
type ModelRequest = FastifyRequest<{ Params: { owner: string; name: string }; Querystring: Query }>;
type VersionRequest = FastifyRequest<{ Params: { owner: string; name: string; version: string } }>;

@Controller('replicate/v1')
export class ReplicateModelsController {
  private readonly cursors: Cursors;
  private readonly nameCursors: NameCursors;

  constructor(
    @Inject(ReplicateModelsService) private readonly models: ReplicateModelsService,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
    this.nameCursors = new NameCursors(resources.cursorSecret);
  }

  /** They are few, so a page is cut from all of them. */
  @Get('models')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateModels })
  async list(@Req() request: ListRequest): Promise<ReplicatePage<ReplicateModel>> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const base = this.baseOf(request);
    return replicatePage(request, {
      name: `replicate models ${tenantId}`,
      cursors: this.cursors,
      base,
      load: async (range) =>
        pageOfAll(await this.resources.store.models.list(tenantId, { hidden: true }), newestFirst, range),
      view: (model) => this.models.view(caller, model, base),
    });
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
    return replicatePage(request, {
      name: `replicate versions ${tenantId} ${model.id}`,
      cursors: this.cursors,
      base: this.baseOf(request),
      load: (range) =>
        this.resources.store.versions.list(
          tenantId,
          model.id,
          { states: ['ready', 'archived'] },
          { ...range, maxBytes: LIMITS.maxPageBytes },
        ),
      view: viewOf,
    });
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

  /** They are few as well, and in the order of their names. */
  @Get('deployments')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateDeployments })
  async deployments(@Req() request: ListRequest): Promise<ReplicatePage<ReplicateDeployment>> {
    const caller = callerOf(request);
    return replicatePage(request, {
      name: `replicate deployments ${caller.tenantId}`,
      cursors: this.nameCursors,
      base: this.baseOf(request),
      load: async (range) => pageOfAll(await this.models.deployments(caller), byName, range),
      view: ({ shown }) => shown,
    });
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
