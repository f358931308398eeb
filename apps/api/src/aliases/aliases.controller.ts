import { ALIAS_NAME, type Alias, HeddleError, type Page, putAliasBody, toPublicId } from '@heddle/contracts';
import type { AliasRecord } from '@heddle/store';
import { Controller, Delete, Get, HttpCode, Inject, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, callerOf } from '../http/auth.js';
import { findModel, findOwnModel } from '../http/find-model.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { versionKeyOf } from '../http/version-key.js';
import { RESOURCES, type Resources } from '../resources.js';
import { expectedOf } from './if-match.js';
import { deleteAlias, getAlias, listAliases, setAlias } from './operations.js';

type AliasRequest = FastifyRequest<{ Params: { model: string; alias: string }; Querystring: Query }>;

@Controller('v1/models/:model/aliases')
export class AliasesController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** A model has few aliases, so there is one page. */
  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listAliases })
  async list(@Req() request: AliasRequest): Promise<Page<Alias>> {
    const { store } = this.resources;
    const { tenantId } = callerOf(request);
    const model = await findModel(store, tenantId, request.params.model);
    readQuery(noQuery, request.query);
    return { data: (await store.aliases.list(tenantId, model.id)).map(aliasView), next_cursor: null };
  }

  @Get(':alias')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getAlias })
  async get(@Req() request: AliasRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Alias> {
    const { tenantId } = callerOf(request);
    const model = await findModel(this.resources.store, tenantId, request.params.model);
    const shown = await this.show(tenantId, model.id, nameOf(request), reply);
    readQuery(noQuery, request.query);
    return shown;
  }

  /** Jobs accepted after the answer use the new version. */
  @Put(':alias')
  @RouteConfig({ scopes: ['manage'], operation: setAlias })
  async put(@Req() request: AliasRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Alias> {
    const { store } = this.resources;
    const caller = callerOf(request);
    const { tenantId } = caller;
    const model = await findOwnModel(store, tenantId, request.params.model);
    const name = nameOf(request);
    const { version } = validateBody(putAliasBody, request.body);
    const key = versionKeyOf(String(version));
    if (!key) {
      throw new HeddleError('not-found', 'The model has no such version.', {
        errors: [{ pointer: '/version', code: 'not-found', message: 'no such version' }],
      });
    }
    const expected = expectedOf(request.headers['if-match']);
    await store.aliases.put(tenantId, model.id, name, key, expected, actorOf(caller));
    return this.show(tenantId, model.id, name, reply);
  }

  @Delete(':alias')
  @HttpCode(204)
  @RouteConfig({ scopes: ['manage'], operation: deleteAlias })
  async remove(@Req() request: AliasRequest): Promise<void> {
    const { store } = this.resources;
    const caller = callerOf(request);
    const { tenantId } = caller;
    const model = await findOwnModel(store, tenantId, request.params.model);
    const name = nameOf(request);
    await afterLooking(
      () => readQuery(noQuery, request.query),
      () => this.find(tenantId, model.id, name),
    );
    const expected = expectedOf(request.headers['if-match']);
    if (!(await store.aliases.remove(tenantId, model.id, name, expected, actorOf(caller))))
      throw noSuchAlias();
  }

  private async show(tenantId: string, modelId: string, name: string, reply: FastifyReply): Promise<Alias> {
    const alias = await this.find(tenantId, modelId, name);
    void reply.header('etag', `"${alias.revision}"`);
    return aliasView(alias);
  }

  private async find(tenantId: string, modelId: string, name: string): Promise<AliasRecord> {
    const [alias] = await this.resources.store.aliases.list(tenantId, modelId, name);
    if (!alias) throw noSuchAlias();
    return alias;
  }
}

/** A name that cannot be is that of no alias. */
function nameOf({ params }: AliasRequest): string {
  if (!ALIAS_NAME.test(params.alias)) throw noSuchAlias();
  return params.alias;
}

function aliasView(alias: AliasRecord): Alias {
  return {
    object: 'alias',
    model: alias.model,
    name: alias.name,
    version: toPublicId('version', alias.versionId),
    version_number: alias.versionNumber,
    updated_at: alias.updatedAt.toISOString(),
  };
}

function noSuchAlias(): HeddleError {
  return new HeddleError('not-found', 'There is no such alias.');
}
