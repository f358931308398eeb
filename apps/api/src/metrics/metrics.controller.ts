import { mergedMetrics } from '@heddle/telemetry';
import { Controller, Get, Inject, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { RESOURCES, type Resources } from '../resources.js';
import { getMetrics } from './operations.js';

/**
 * `GET /metrics` for Prometheus, of this process and of those beside it whose launcher gathers them: with a key of an operator,
 * or `open` to everybody.
 */
export function metricsController(access: 'operate' | 'open'): Type {
  @Controller('metrics')
  class MetricsController {
    constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

    @Get()
    @RouteConfig({ operation: getMetrics, ...(access === 'open' ? {} : { scopes: ['operate'] }) })
    async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
      const { metrics, metricsOfOthers } = this.resources;
      const { registry } = metrics;
      void reply.header('content-type', registry.contentType);
      if (!metricsOfOthers) return registry.metrics();
      const others = await metricsOfOthers();
      return mergedMetrics([await registry.getMetricsAsJSON(), ...others]);
    }
  }
  return MetricsController;
}
