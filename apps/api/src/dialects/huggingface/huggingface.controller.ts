import {
  type HuggingfaceBody,
  type HuggingfaceTask,
  huggingfaceAnswerOf,
  huggingfaceBody,
  huggingfaceCall,
  huggingfaceTaskNamed,
  huggingfaceTaskOf,
} from '@heddle/dialects';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readiness } from '../../health/readiness.js';
import { callerOf } from '../../http/auth.js';
import { validateBody } from '../../http/validate.js';
import { BlockingCalls } from '../blocking-calls.js';
import { ModelInfo } from '../model-info.js';
import { DialectModels } from '../models.js';
import {
  getHuggingfaceHealth,
  getHuggingfaceInfo,
  runHuggingface,
  runHuggingfacePipeline,
} from './operations.js';

type ModelRequest = FastifyRequest<{ Params: { ref: string; task: string } }>;

@Controller('hf')
export class HuggingfaceController {
  constructor(
    @Inject(BlockingCalls) private readonly calls: BlockingCalls,
    @Inject(DialectModels) private readonly models: DialectModels,
    @Inject(ModelInfo) private readonly infos: ModelInfo,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Post(':ref')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: runHuggingface })
  run(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    return this.answer(request, reply, null);
  }

  @Post(':ref/pipeline/:task')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: runHuggingfacePipeline })
  runTask(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    return this.answer(request, reply, huggingfaceTaskNamed(request.params.task));
  }

  @Get(':ref/health')
  @RouteConfig({ operation: getHuggingfaceHealth })
  health(): Promise<void> {
    return this.readiness.check();
  }

  @Get(':ref/info')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getHuggingfaceInfo })
  info(@Req() request: ModelRequest) {
    return this.infos.of(callerOf(request), request.params.ref);
  }

  private async answer(
    request: ModelRequest,
    reply: FastifyReply,
    task: HuggingfaceTask | null,
  ): Promise<unknown> {
    const { ref } = request.params;
    const caller = callerOf(request);
    const found = await this.models.find(caller, ref);
    const body: HuggingfaceBody = validateBody(huggingfaceBody, request.body);
    const kind = task ?? huggingfaceTaskOf(body, found.manifest.tasks[0]!);
    const answered = await this.calls.run(request, reply, huggingfaceCall(ref, kind, body));
    const { manifest } = await this.models.ofJob(caller, found, answered.job);
    return huggingfaceAnswerOf(kind, body, answered, manifest.labels);
  }
}
