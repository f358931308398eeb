import { Controller, Get, Inject, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { RESOURCES, type Resources } from '../resources.js';
import { getMetrics } from './operations.js';

/** `GET /metrics` of this process, for Prometheus: with a key of an operator, or `open` to everybody. */
export function metricsController(access: 'operate' | 'open'): Type {
  @Controller('metrics')
  class MetricsController {
    constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

    @Get()
    @RouteConfig({ operation: getMetrics, ...(access === 'open' ? {} : { scopes: ['operate'] }) })
    read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
      const { registry } = this.resources.metrics;
      void reply.header('content-type', registry.contentType);
      return registry.metrics();
    }
  }
  return MetricsController;
}
