import type { ApiKey, Page } from '@heddle/contracts';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import type { Query } from '../http/query.js';
import { KeysService } from './keys.service.js';
import { createKey, deleteKey, listKeys } from './operations.js';

type KeyRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/keys')
export class KeysController {
  constructor(@Inject(KeysService) private readonly keys: KeysService) {}

  @Post()
  @RouteConfig({ scopes: ['manage'], operation: createKey })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiKey> {
    const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
    const { key, created } = await this.keys.create(callerOf(request), request.body, idempotencyKey);
    void reply.status(201).header('location', `/v1/keys/${key.id}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return key;
  }

  @Get()
  @RouteConfig({ scopes: ['manage'], operation: listKeys })
  async list(
    @Req() request: KeyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<ApiKey>> {
    const page = await this.keys.list(callerOf(request), request.query);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Delete(':id')
  @HttpCode(204)
  @RouteConfig({ scopes: ['manage'], operation: deleteKey })
  async remove(@Req() request: KeyRequest): Promise<void> {
    await this.keys.remove(callerOf(request), request.params.id, request.query);
  }
}
