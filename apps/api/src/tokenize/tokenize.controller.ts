import { refuseCount, refuseEmpty, refuseLong, textsIn, tokenizeBody } from '@heddle/contracts';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { validateBody } from '../http/validate.js';
import { RESOURCES, type Resources } from '../resources.js';
import { tokenize } from './operations.js';
import { TokenizerThread } from './tokenizer-thread.js';

/** Smaller answers, in bytes, are sent without asking. */
const LARGE_ANSWER = 256 * 1024;

@Controller('v1/tokenize')
export class TokenizeController {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(TokenizerThread) private readonly thread: TokenizerThread,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
  ) {}

  @Post()
  @RouteConfig({ scopes: ['infer'], operation: tokenize })
  async tokenize(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { tenantId } = callerOf(request);
    const { model, inputs, add_special_tokens: addSpecialTokens } = validateBody(tokenizeBody, request.body);
    refuseCount(inputs);
    const texts = textsIn(inputs, '/inputs');
    refuseEmpty(texts);
    refuseLong(texts);
    const { manifest } = await this.resources.store.models.resolve(tenantId, model);
    const json = await this.thread.tokenize(manifest, { inputs, addSpecialTokens });
    if (json.length > LARGE_ANSWER) await this.memory.admission(reply, tenantId)(json.length);
    void reply.status(200).header('content-type', 'application/json; charset=utf-8').send(json);
  }
}
