import { HeddleError } from '@heddle/contracts';
import { oipFormOf, oipInputsOf, oipOutputsOf, oipTaskOf } from '@heddle/dialects';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readiness } from '../../health/readiness.js';
import { callerOf } from '../../http/auth.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { VERSION } from '../../version.js';
import { DialectModels } from '../models.js';
import * as operations from './operations.js';
import { type ModelRequest, referenceOf } from './reference.js';

const PLATFORM = 'onnx_onnxv1';

/** What a server says of itself and of its models. */
@Controller('oip/v2')
export class OipServerController {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(DialectModels) private readonly models: DialectModels,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get()
  @RouteConfig({ operation: operations.oipServer })
  server() {
    return { name: 'heddle', version: VERSION, extensions: ['binary_tensor_data', 'model_repository'] };
  }

  @Get('health/live')
  @RouteConfig({ operation: operations.oipLive })
  live() {
    return { live: true };
  }

  @Get('health/ready')
  @RouteConfig({ operation: operations.oipReady })
  async ready() {
    await this.readiness.check();
    return { ready: true };
  }

  @Get('models/:model')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipModel })
  model(@Req() request: ModelRequest) {
    return this.metadata(request);
  }

  @Get('models/:model/versions/:version')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipModelVersion })
  version(@Req() request: ModelRequest) {
    return this.metadata(request);
  }

  @Get('models/:model/ready')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipModelReady })
  modelReady(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.readyOf(request, reply);
  }

  @Get('models/:model/versions/:version/ready')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipVersionReady })
  versionReady(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.readyOf(request, reply);
  }

  @Get('models/:model/config')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipModelConfig })
  modelConfig(@Req() request: ModelRequest) {
    return this.config(request);
  }

  @Get('models/:model/versions/:version/config')
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipVersionConfig })
  versionConfig(@Req() request: ModelRequest) {
    return this.config(request);
  }

  @Post('repository/index')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer', 'read'], operation: operations.oipIndex })
  async index(@Req() request: FastifyRequest) {
    const { tenantId } = callerOf(request);
    const models = await this.resources.store.models.list(tenantId);
    return models.flatMap(({ name, readyVersions }) =>
      readyVersions.map((version) => ({ name, version: String(version), state: 'READY', reason: '' })),
    );
  }

  /** Workers load and unload by themselves. */
  @Post('repository/models/:model/load')
  @HttpCode(200)
  @RouteConfig({ scopes: ['operate'], operation: operations.oipLoad })
  async load(@Req() request: ModelRequest) {
    await this.models.find(callerOf(request), request.params.model);
    return {};
  }

  @Post('repository/models/:model/unload')
  @HttpCode(200)
  @RouteConfig({ scopes: ['operate'], operation: operations.oipUnload })
  unload(@Req() request: ModelRequest) {
    return this.load(request);
  }

  private async metadata(request: ModelRequest) {
    const caller = callerOf(request);
    const found = await this.models.find(caller, referenceOf(request));
    const { readyVersions } = await this.models.summary(caller, found);
    const { manifest } = found;
    const task = oipTaskOf(manifest);
    const form = oipFormOf(task);
    return {
      name: request.params.model,
      versions: readyVersions.map(String),
      platform: PLATFORM,
      inputs: oipInputsOf(form, task),
      outputs: oipOutputsOf(form, manifest),
    };
  }

  private async readyOf(request: ModelRequest, reply: FastifyReply) {
    const { model: name } = request.params;
    try {
      await this.models.find(callerOf(request), referenceOf(request));
      return { name, ready: true };
    } catch (error) {
      if (!(error instanceof HeddleError) || error.status !== 409) throw error;
      void reply.status(503).header('retry-after', '1');
      return { name, ready: false };
    }
  }

  private async config(request: ModelRequest) {
    await this.models.find(callerOf(request), referenceOf(request));
    return { name: request.params.model, platform: PLATFORM, max_batch_size: 0 };
  }
}
