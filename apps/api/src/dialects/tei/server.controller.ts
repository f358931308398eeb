import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readiness } from '../../health/readiness.js';
import { callerOf } from '../../http/auth.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { ModelInfo } from '../model-info.js';
import { teiGetInfo, teiHealth, teiMetrics, teiPing, teiRoot } from './operations.js';

type ModelRequest = FastifyRequest<{ Params: { ref: string } }>;

/** What a server says of itself. Routes without a key speak of no model: they would tell who has it. */
@Controller('tei/:ref')
export class TeiServerController {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(ModelInfo) private readonly infos: ModelInfo,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('info')
  @RouteConfig({ scopes: ['infer', 'read'], operation: teiGetInfo })
  info(@Req() request: ModelRequest) {
    return this.infos.of(callerOf(request), request.params.ref);
  }

  @Get('health')
  @RouteConfig({ operation: teiHealth })
  health(): Promise<void> {
    return this.readiness.check();
  }

  @Get('ping')
  @RouteConfig({ operation: teiPing })
  ping(): Promise<void> {
    return this.readiness.check();
  }

  @Get()
  @RouteConfig({ operation: teiRoot })
  root(): Promise<void> {
    return this.readiness.check();
  }

  @Get('metrics')
  @RouteConfig({ operation: teiMetrics })
  metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { registry } = this.resources.metrics;
    void reply.header('content-type', registry.contentType);
    return registry.getSingleMetricAsString('heddle_build_info');
  }
}
