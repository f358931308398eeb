import {
  type FieldError,
  fromPublicId,
  HeddleError,
  LIMITS,
  MODEL_NAME,
  type Model,
  type Page,
  TASKS,
  toPublicId,
} from '@heddle/contracts';
import type { ModelSummary } from '@heddle/store';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { LIMIT_HELP, linkToNext, parseLimit } from '../http/paging.js';
import { RESOURCES, type Resources } from '../resources.js';

type ModelRequest = FastifyRequest<{
  Params: { model: string };
  Querystring: Record<string, string | string[]>;
}>;

@Controller('v1/models')
export class ModelsController {
  private readonly cursors: Cursors;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** The models the tenant sees, newest first. They are few, so a page is cut from all of them. */
  @Get()
  @RouteConfig({ scopes: ['infer', 'read'] })
  async list(
    @Req() request: ModelRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Model>> {
    const { tenantId } = callerOf(request);
    const { task, limit, cursor } = parseListQuery(request.query);
    const listing = `models ${tenantId} ${task}`;
    const before = cursor === null ? null : this.cursors.decode(listing, cursor);
    const models = (await this.resources.store.models.list(tenantId, task === null ? {} : { task }))
      .filter(({ id }) => before === null || id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const shown = models.slice(0, limit);
    const next = models.length > limit ? this.cursors.encode(listing, shown.at(-1)!.id) : null;
    if (next) linkToNext(request, reply, next);
    return { data: shown.map(modelView), next_cursor: next };
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

interface ListQuery {
  task: string | null;
  limit: number;
  cursor: string | null;
}

/** Query of `GET /v1/models`. Throws `invalid-query` naming every wrong parameter. */
function parseListQuery(query: Record<string, string | string[]>): ListQuery {
  const errors: FieldError[] = Object.keys(query)
    .filter((name) => !['task', 'limit', 'cursor'].includes(name))
    .map((name) => ({ pointer: `?${name.toWellFormed()}`, code: 'value', message: 'no such parameter' }));
  const last = (name: string) => [query[name] ?? []].flat().at(-1) ?? null;
  const task = last('task');
  if (task !== null && !(TASKS as readonly string[]).includes(task)) {
    errors.push({ pointer: '?task', code: 'value', message: `one of ${TASKS.join(', ')}` });
  }
  const limit = parseLimit(last('limit') ?? String(LIMITS.defaultPageSize));
  if (limit === null) errors.push({ pointer: '?limit', code: 'value', message: LIMIT_HELP });
  if (errors.length > 0 || limit === null)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  return { task, limit, cursor: last('cursor') };
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
