import {
  type FieldError,
  fromPublicId,
  HeddleError,
  MODEL_NAME,
  type Model,
  type Page,
  TASKS,
  toPublicId,
} from '@heddle/contracts';
import type { ModelSummary } from '@heddle/store';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { RESOURCES, type Resources } from '../resources.js';

type ModelRequest = FastifyRequest<{
  Params: { model: string };
  Querystring: Record<string, string | string[]>;
}>;

@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** Every model the tenant sees; there are few, so there is one page. */
  @Get()
  @RouteConfig({ scopes: ['infer', 'read'] })
  async list(@Req() request: ModelRequest): Promise<Page<Model>> {
    const task = taskFilter(request.query);
    const models = await this.resources.store.models.list(
      callerOf(request).tenantId,
      task === null ? {} : { task },
    );
    return { data: models.map(modelView), next_cursor: null };
  }

  @Get(':model')
  @RouteConfig({ scopes: ['infer', 'read'] })
  async get(@Req() request: ModelRequest): Promise<Model> {
    const { model: reference } = request.params;
    const id = fromPublicId('model', reference);
    const filter = id ? { id } : MODEL_NAME.test(reference) ? { name: reference } : null;
    const [model] = filter ? await this.resources.store.models.list(callerOf(request).tenantId, filter) : [];
    if (!model) throw new HeddleError('not-found', 'There is no such model.');
    return modelView(model);
  }
}

function taskFilter(query: Record<string, string | string[]>): string | null {
  const errors: FieldError[] = Object.keys(query)
    .filter((name) => name !== 'task')
    .map((name) => ({ pointer: `?${name.toWellFormed()}`, code: 'value', message: 'no such parameter' }));
  const task = [query.task ?? []].flat().at(-1) ?? null;
  if (task !== null && !(TASKS as readonly string[]).includes(task)) {
    errors.push({ pointer: '?task', code: 'value', message: `one of ${TASKS.join(', ')}` });
  }
  if (errors.length > 0)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  return task;
}

function modelView(model: ModelSummary): Model {
  const aliases = Object.entries(model.aliases).map(([name, version]) => [
    name,
    toPublicId('version', version),
  ]);
  return {
    id: toPublicId('model', model.id),
    object: 'model',
    name: model.name,
    owner: model.owner,
    description: model.description,
    tasks: model.tasks,
    aliases: Object.fromEntries(aliases) as Record<string, string>,
    latest_version: model.latestVersion,
    created_at: model.createdAt.toISOString(),
  };
}
