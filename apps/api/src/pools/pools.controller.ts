import { HeddleError, type Page, POOL_NAME, type Pool } from '@heddle/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { RESOURCES, type Resources } from '../resources.js';
import { getPool, listPools } from './operations.js';
import { poolView } from './pool-view.js';

type PoolRequest = FastifyRequest<{ Params: { name: string }; Querystring: Query }>;

/** The pools of workers of this instance, for its operators and their autoscalers. */
@Controller('v1/pools')
export class PoolsController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** An instance has few pools, so there is one page. */
  @Get()
  @RouteConfig({ scopes: ['operate'], operation: listPools })
  async list(@Req() request: PoolRequest): Promise<Page<Pool>> {
    readQuery(noQuery, request.query);
    return { data: (await this.resources.store.pools.list()).map(poolView), next_cursor: null };
  }

  @Get(':name')
  @RouteConfig({ scopes: ['operate'], operation: getPool })
  async get(@Req() request: PoolRequest): Promise<Pool> {
    const { name } = request.params;
    const pool = POOL_NAME.test(name) ? await this.resources.store.pools.find(name) : null;
    if (!pool) throw new HeddleError('not-found', 'There is no such pool: no worker has told of it yet.');
    readQuery(noQuery, request.query);
    return poolView(pool);
  }
}
