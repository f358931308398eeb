import {
  ALIAS_NAME,
  type Alias,
  HeddleError,
  type Page,
  type PutAliasBody,
  putAliasBody,
} from '@heddle/contracts';
import type { AliasRecord, AliasWish, VersionKey } from '@heddle/store';
import { Controller, Delete, Get, HttpCode, Inject, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, type Caller, callerOf } from '../http/auth.js';
import { findModel, findOwnModel } from '../http/find-model.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { versionKeyOf } from '../http/version-key.js';
import { RESOURCES, type Resources } from '../resources.js';
import { aliasChangeView, aliasView, comparisonView } from './alias-view.js';
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
    const caller = callerOf(request);
    const model = await findModel(this.resources.store, caller.tenantId, request.params.model);
    const shown = await this.show(caller, model.id, nameOf(request), reply);
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
    const name = newNameOf(request);
    const wish = wishOf(validateBody(putAliasBody, request.body));
    const expected = expectedOf(request.headers['if-match']);
    await store.aliases.put(tenantId, model.id, name, wish, expected, actorOf(caller));
    return this.show(caller, model.id, name, reply);
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

  private async show(caller: Caller, modelId: string, name: string, reply: FastifyReply): Promise<Alias> {
    const alias = await this.find(caller.tenantId, modelId, name);
    const { store } = this.resources;
    const changes = await store.aliases.history(caller.tenantId, modelId, name);
    const view = aliasView(alias);
    if (alias.shadow && view.shadow) {
      const of = {
        modelId,
        alias: name,
        versionId: alias.versionId,
        shadowVersionId: alias.shadow.versionId,
      };
      view.shadow.comparisons = (await store.shadows.summaries(caller.tenantId, of)).map(comparisonView);
    }
    void reply.header('etag', `"${alias.revision}"`);
    return { ...view, history: changes.map((change) => aliasChangeView(change, caller)) };
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

/** The same, for one that may be made. */
function newNameOf({ params }: AliasRequest): string {
  if (ALIAS_NAME.test(params.alias)) return params.alias;
  const rule = 'it has up to 32 lower-case letters, digits and "-", a letter first';
  throw new HeddleError('not-found', `There cannot be an alias of that name: ${rule}.`);
}

function wishOf({ version, canary, shadow, evaluation, force }: PutAliasBody): AliasWish {
  return {
    version: keyAt('/version', version),
    canary: canary
      ? {
          version: keyAt('/canary/version', canary.version),
          percent: canary.percent,
          rollback: canary.rollback ?? null,
        }
      : null,
    shadow: shadow == null ? null : keyAt('/shadow', shadow),
    evaluation: evaluation ?? null,
    force,
  };
}

/** The version that `text` means, for the field at `pointer`. Throws `not-found` for what cannot be one. */
function keyAt(pointer: string, version: string | number): VersionKey {
  const key = versionKeyOf(String(version));
  if (key) return key;
  throw new HeddleError('not-found', 'The model has no such version.', {
    errors: [{ pointer, code: 'not-found', message: 'no such version' }],
  });
}

function noSuchAlias(): HeddleError {
  return new HeddleError('not-found', 'There is no such alias.');
}
