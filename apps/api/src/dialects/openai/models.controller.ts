import type { ModelSummary } from '@heddle/store';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../../http/auth.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { DialectModels } from '../models.js';
import { getOpenaiModel, getOpenaiModelOfOwner, listOpenaiModels, type OpenaiModel } from './operations.js';

type ModelRequest = FastifyRequest<{ Params: { owner?: string; model: string } }>;

@Controller('openai/v1/models')
export class OpenaiModelsController {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(DialectModels) private readonly models: DialectModels,
  ) {}

  /** They are few: all of them are one page, as OpenAI's are. */
  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listOpenaiModels })
  async list(@Req() request: FastifyRequest): Promise<{ object: 'list'; data: OpenaiModel[] }> {
    const models = await this.resources.store.models.list(callerOf(request).tenantId);
    return { object: 'list', data: models.map((model) => modelView(model, model.name)) };
  }

  @Get(':model')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getOpenaiModel })
  get(@Req() request: ModelRequest): Promise<OpenaiModel> {
    return this.find(callerOf(request), request.params.model);
  }

  /** Some clients do not escape the slash. */
  @Get(':owner/:model')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getOpenaiModelOfOwner })
  getOfOwner(@Req() request: ModelRequest): Promise<OpenaiModel> {
    const { owner, model } = request.params;
    return this.find(callerOf(request), `${owner}/${model}`);
  }

  /** By whatever a call may name it; that is its id then. */
  private async find(caller: Caller, reference: string): Promise<OpenaiModel> {
    const found = await this.models.find(caller, reference);
    return modelView(await this.models.summary(caller, found), reference);
  }
}

function modelView({ owner, createdAt }: ModelSummary, id: string): OpenaiModel {
  return { id, object: 'model', created: Math.floor(createdAt.getTime() / 1000), owned_by: owner };
}
