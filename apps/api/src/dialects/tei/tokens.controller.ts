import { HeddleError, refuseEmpty, refuseLong, type TokenizedItem, textsIn } from '@heddle/contracts';
import { refuseNone, teiDecodeBody, teiIdsOf, teiTokenizeBody, teiTokensOf } from '@heddle/dialects';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { AnswerMemory } from '../../http/answer-memory.js';
import { callerOf } from '../../http/auth.js';
import { validateBody } from '../../http/validate.js';
import { TokenizerThread } from '../../tokenize/tokenizer-thread.js';
import { DialectModels } from '../models.js';
import { teiDecode, teiTokenize } from './operations.js';
import { type ModelRequest, TeiCalls } from './tei-calls.js';

/** Tokens of texts, and texts of tokens. */
@Controller('tei/:ref')
export class TeiTokensController {
  constructor(
    @Inject(TeiCalls) private readonly calls: TeiCalls,
    @Inject(DialectModels) private readonly models: DialectModels,
    @Inject(TokenizerThread) private readonly thread: TokenizerThread,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
  ) {}

  @Post('tokenize')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiTokenize })
  async tokenize(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const caller = callerOf(request);
    const { manifest } = await this.models.find(caller, request.params.ref);
    const body = validateBody(teiTokenizeBody, request.body);
    const inputs = [body.inputs].flat();
    refuseNone(inputs, '/inputs');
    this.calls.refuseMany(inputs, '/inputs');
    const texts = textsIn(inputs, '/inputs');
    refuseEmpty(texts);
    refuseLong(texts);
    const addSpecialTokens = body.add_special_tokens ?? true;
    const json = await this.thread.tokenize(manifest, { inputs, addSpecialTokens });
    await this.memory.admission(reply, caller.tenantId)(json.length);
    const { data } = JSON.parse(json.toString()) as { data: TokenizedItem[] };
    return data.map((item, i) => teiTokensOf(inputs[i]!, item));
  }

  @Post('decode')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiDecode })
  async decode(@Req() request: ModelRequest): Promise<unknown> {
    const { manifest } = await this.models.find(callerOf(request), request.params.ref);
    const body = validateBody(teiDecodeBody, request.body);
    refuseNone(body.ids, '/ids');
    const ids = teiIdsOf(body.ids);
    this.calls.refuseMany(ids, '/ids');
    const { vocabSize } = manifest.architecture;
    const unknown = ids.flat().find((id) => id >= vocabSize);
    if (unknown !== undefined)
      throw new HeddleError(
        'invalid-input',
        `The model has no token ${unknown}: ids are below ${vocabSize}.`,
      );
    const skipSpecialTokens = body.skip_special_tokens ?? true;
    const json = await this.thread.tokenize(manifest, { ids, skipSpecialTokens });
    return JSON.parse(json.toString());
  }
}
