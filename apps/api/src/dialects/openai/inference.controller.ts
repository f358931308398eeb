import {
  classificationsAnswer,
  classificationsBody,
  classificationsCall,
  embeddingsAnswer,
  embeddingsBody,
  embeddingsCall,
  moderationsAnswer,
  moderationsBody,
  moderationsCall,
} from '@heddle/dialects';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../http/auth.js';
import { validateBody } from '../../http/validate.js';
import { BlockingCalls } from '../blocking-calls.js';
import { DialectModels } from '../models.js';
import { createOpenaiClassification, createOpenaiEmbedding, createOpenaiModeration } from './operations.js';

/** Calls that wait for what models answer. */
@Controller('openai/v1')
export class OpenaiInferenceController {
  constructor(
    @Inject(BlockingCalls) private readonly calls: BlockingCalls,
    @Inject(DialectModels) private readonly models: DialectModels,
  ) {}

  @Post('embeddings')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: createOpenaiEmbedding })
  async embeddings(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(embeddingsBody, request.body);
    return embeddingsAnswer(body.model, await this.calls.run(request, reply, embeddingsCall(body)));
  }

  @Post('moderations')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: createOpenaiModeration })
  async moderations(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(moderationsBody, request.body);
    const caller = callerOf(request);
    const answered = await this.calls.run(request, reply, moderationsCall(body));
    const { manifest } = await this.models.version(caller, answered.job);
    return moderationsAnswer(body.model, answered, manifest);
  }

  @Post('classifications')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: createOpenaiClassification })
  async classifications(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(classificationsBody, request.body);
    return classificationsAnswer(body.model, await this.calls.run(request, reply, classificationsCall(body)));
  }
}
