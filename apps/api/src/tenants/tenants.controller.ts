import type { Page, Tenant } from '@heddle/contracts';
import { Controller, Get, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { linkToNext } from '../http/paging.js';
import type { Query } from '../http/query.js';
import { changeTenant, createTenant, listTenants } from './operations.js';
import { TenantsService } from './tenants.service.js';

type TenantRequest = FastifyRequest<{ Params: { slug: string }; Querystring: Query }>;

@Controller('v1/tenants')
export class TenantsController {
  constructor(@Inject(TenantsService) private readonly tenants: TenantsService) {}

  @Post()
  @RouteConfig({ scopes: ['operate'], operation: createTenant })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tenant> {
    const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
    const { tenant, created } = await this.tenants.create(callerOf(request), request.body, idempotencyKey);
    void reply.status(201).header('location', `/v1/tenants/${tenant.slug}`);
    if (!created) void reply.header('idempotency-replayed', 'true');
    return tenant;
  }

  @Get()
  @RouteConfig({ scopes: ['operate'], operation: listTenants })
  async list(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Tenant>> {
    const page = await this.tenants.list(request.query);
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Patch(':slug')
  @RouteConfig({ scopes: ['operate'], operation: changeTenant })
  change(@Req() request: TenantRequest): Promise<Tenant> {
    return this.tenants.change(callerOf(request), request.params.slug, request.body);
  }
}
