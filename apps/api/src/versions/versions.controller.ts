import type { Page, Version } from '@heddle/contracts';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf, preferredWaitS, waitHeaders } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import { changeVersion, deleteVersion, getVersion, importVersion, listVersions } from './operations.js';
import { type VersionPath, VersionsService } from './versions.service.js';

type VersionsRequest = FastifyRequest<{ Params: { model: string }; Querystring: Query }>;
type VersionRequest = FastifyRequest<{ Params: VersionPath; Querystring: Query }>;

@Controller('v1/models/:model/versions')
export class VersionsController {
  constructor(@Inject(VersionsService) private readonly versions: VersionsService) {}

  @Post()
  @RouteConfig({ scopes: ['manage'], operation: importVersion })
  async import(
    @Req() request: VersionsRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Version> {
    const { version, created } = await this.versions.import(
      callerOf(request),
      request.params.model,
      request.body,
      idempotencyKeyOf(request.headers['idempotency-key']),
    );
    const location = `/v1/models/${version.model}/versions/${version.number}`;
    void reply.status(202).header('location', location);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return version;
  }

  @Get()
  @RouteConfig({ scopes: ['infer', 'read'], operation: listVersions })
  async list(
    @Req() request: VersionsRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Version>> {
    const page = await this.versions.list(callerOf(request), request.params.model, request.query);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':version')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getVersion })
  async get(
    @Req() request: VersionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Version> {
    const caller = callerOf(request);
    await afterLooking(
      () => readQuery(noQuery, request.query),
      () => this.versions.get(caller, request.params),
    );
    const waitS = preferredWaitS(request.headers.prefer);
    const { version, waited } = await this.versions.get(caller, request.params, waitS);
    void reply.headers(waitHeaders(waited ? waitS : 0));
    return version;
  }

  @Patch(':version')
  @RouteConfig({ scopes: ['manage'], operation: changeVersion })
  change(@Req() request: VersionRequest): Promise<Version> {
    return this.versions.change(callerOf(request), request.params, request.body);
  }

  @Delete(':version')
  @HttpCode(204)
  @RouteConfig({ scopes: ['manage'], operation: deleteVersion })
  remove(@Req() request: VersionRequest): Promise<void> {
    return this.versions.remove(callerOf(request), request.params, request.query);
  }
}
