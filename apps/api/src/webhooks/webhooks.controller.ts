import type { Delivery, Page, Webhook, WebhookSecret } from '@heddle/contracts';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import * as operations from './operations.js';
import { WebhooksService } from './webhooks.service.js';

type WebhookRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/webhooks')
export class WebhooksController {
  constructor(@Inject(WebhooksService) private readonly webhooks: WebhooksService) {}

  @Post()
  @RouteConfig({ scopes: ['manage'], operation: operations.createWebhook })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const { webhook, created } = await this.webhooks.create(callerOf(request), request.body, key);
    void reply.status(201).header('location', `/v1/webhooks/${webhook.id}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return webhook;
  }

  @Get()
  @RouteConfig({ scopes: ['read'], operation: operations.listWebhooks })
  async list(
    @Req() request: WebhookRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Webhook>> {
    const page = await this.webhooks.list(callerOf(request), request.query);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get('default')
  @RouteConfig({ scopes: ['manage'], operation: operations.getDefaultWebhookSecret })
  defaultSecret(@Req() request: WebhookRequest): Promise<WebhookSecret> {
    readQuery(noQuery, request.query);
    return this.webhooks.defaultSecret(callerOf(request));
  }

  @Post('default/rotate-secret')
  @HttpCode(200)
  @RouteConfig({ scopes: ['manage'], operation: operations.rotateDefaultWebhookSecret })
  rotateDefault(@Req() request: FastifyRequest): Promise<WebhookSecret> {
    return this.webhooks.rotateDefault(callerOf(request), request.body);
  }

  @Get(':id')
  @RouteConfig({ scopes: ['read'], operation: operations.getWebhook })
  async get(@Req() request: WebhookRequest): Promise<Webhook> {
    const webhook = () => this.webhooks.get(callerOf(request), request.params.id);
    await afterLooking(() => readQuery(noQuery, request.query), webhook);
    return webhook();
  }

  @Patch(':id')
  @RouteConfig({ scopes: ['manage'], operation: operations.changeWebhook })
  change(@Req() request: WebhookRequest): Promise<Webhook> {
    return this.webhooks.change(callerOf(request), request.params.id, request.body);
  }

  @Delete(':id')
  @HttpCode(204)
  @RouteConfig({ scopes: ['manage'], operation: operations.deleteWebhook })
  remove(@Req() request: WebhookRequest): Promise<void> {
    return this.webhooks.remove(callerOf(request), request.params.id, request.query);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @RouteConfig({ scopes: ['manage'], operation: operations.rotateWebhookSecret })
  rotate(@Req() request: WebhookRequest): Promise<WebhookSecret> {
    return this.webhooks.rotate(callerOf(request), request.params.id, request.body);
  }

  @Post(':id/test')
  @RouteConfig({ scopes: ['manage'], operation: operations.testWebhook })
  async test(
    @Req() request: WebhookRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Delivery> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const caller = callerOf(request);
    const { delivery, created } = await this.webhooks.test(caller, request.params.id, request.body, key);
    void reply.status(202).header('location', `/v1/deliveries/${delivery.id}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return delivery;
  }

  @Post(':id/replay')
  @HttpCode(202)
  @RouteConfig({ scopes: ['manage'], operation: operations.replayWebhook })
  replay(@Req() request: WebhookRequest): Promise<{ scheduled: number }> {
    return this.webhooks.replay(callerOf(request), request.params.id, request.body);
  }
}
