import { STATS_RANGES, type Stats } from '@heddle/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { allows, callerOf, lacks } from '../http/auth.js';
import { type Query, readQuery } from '../http/query.js';
import { RESOURCES, type Resources } from '../resources.js';
import { getStats, statsQuery } from './operations.js';
import { pointsOf } from './points.js';

/** What was done and what waited: a tenant sees its own, an operator also that of all together. */
@Controller('v1/stats')
export class StatsController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  @Get()
  @RouteConfig({ scopes: ['read', 'operate'], operation: getStats })
  async read(@Req() request: FastifyRequest<{ Querystring: Query }>): Promise<Stats> {
    const caller = callerOf(request);
    const { range, tenants } = readQuery(statsQuery, request.query);
    if (tenants === 'all' && !allows(caller, 'operate')) throw lacks('operate');
    const { stats } = this.resources.store;
    const { rangeS, stepS, resolution } = STATS_RANGES[range];
    const until = await stats.countedUntil();
    const stepMs = stepS * 1000;
    const since = new Date(Math.floor((until.getTime() - rangeS * 1000) / stepMs) * stepMs);
    const [rows, looks] = await Promise.all([
      stats.list(tenants === 'all' ? null : caller.tenantId, resolution, since),
      stats.looks(resolution, since),
    ]);
    return {
      object: 'stats',
      range,
      tenants,
      step_s: stepS,
      since: since.toISOString(),
      until: until.toISOString(),
      ...pointsOf({ since, until, stepS }, rows, looks),
    };
  }
}
