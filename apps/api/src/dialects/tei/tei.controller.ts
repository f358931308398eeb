import { HeddleError } from '@heddle/contracts';
import {
  embeddingsAnswer,
  teiEmbedAllBody,
  teiEmbedAllCall,
  teiEmbedBody,
  teiEmbedCall,
  teiEmbedded,
  teiEmbeddedAll,
  teiEmbeddingsBody,
  teiEmbeddingsCall,
  teiKindOf,
  teiPredictBody,
  teiPredictCall,
  teiPredicted,
  teiRanked,
  teiRerankBody,
  teiRerankCall,
  teiSimilar,
  teiSimilarityBody,
  teiSimilarityCall,
} from '@heddle/dialects';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { callerOf } from '../../http/auth.js';
import { validateBody } from '../../http/validate.js';
import { DialectModels } from '../models.js';
import {
  teiEmbed,
  teiEmbedAll,
  teiEmbeddings,
  teiEmbeddingsV1,
  teiEmbedSparse,
  teiPredict,
  teiRerank,
  teiRun,
  teiSimilarity,
} from './operations.js';
import { type ModelRequest, TeiCalls } from './tei-calls.js';

/** Calls that wait for what the model of the path answers. */
@Controller('tei/:ref')
export class TeiController {
  constructor(
    @Inject(TeiCalls) private readonly calls: TeiCalls,
    @Inject(DialectModels) private readonly models: DialectModels,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiRun })
  async run(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const { manifest } = await this.models.find(callerOf(request), request.params.ref);
    const kind = teiKindOf(manifest);
    if (kind === 'embedding') return this.embed(request, reply);
    return kind === 'reranker' ? this.rerank(request, reply) : this.predict(request, reply);
  }

  @Post('predict')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiPredict })
  async predict(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { ref } = request.params;
    const caller = callerOf(request);
    const found = await this.models.find(caller, ref);
    const body = validateBody(teiPredictBody, request.body);
    const answered = await this.calls.run(request, reply, teiPredictCall(ref, body, found.manifest));
    const { manifest } = await this.models.ofJob(caller, found, answered.job);
    return teiPredicted(body, answered, manifest);
  }

  @Post('rerank')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiRerank })
  async rerank(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.bodyOf(teiRerankBody, request);
    this.calls.refuseMany(body.texts, '/texts');
    return teiRanked(body, await this.calls.run(request, reply, teiRerankCall(request.params.ref, body)));
  }

  @Post('similarity')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiSimilarity })
  async similarity(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.bodyOf(teiSimilarityBody, request);
    return teiSimilar(await this.calls.run(request, reply, teiSimilarityCall(request.params.ref, body)));
  }

  @Post('embed')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiEmbed })
  async embed(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.bodyOf(teiEmbedBody, request);
    return teiEmbedded(await this.calls.run(request, reply, teiEmbedCall(request.params.ref, body)));
  }

  @Post('embed_all')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiEmbedAll })
  async embedAll(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = await this.bodyOf(teiEmbedAllBody, request);
    return teiEmbeddedAll(await this.calls.run(request, reply, teiEmbedAllCall(request.params.ref, body)));
  }

  @Post('embed_sparse')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiEmbedSparse })
  async embedSparse(@Req() request: ModelRequest): Promise<never> {
    await this.models.find(callerOf(request), request.params.ref);
    throw new HeddleError('task-not-supported', 'The model has no sparse vectors.');
  }

  @Post('embeddings')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiEmbeddings })
  async embeddings(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { ref } = request.params;
    const body = await this.bodyOf(teiEmbeddingsBody, request);
    return embeddingsAnswer(ref, await this.calls.run(request, reply, teiEmbeddingsCall(ref, body)));
  }

  @Post('v1/embeddings')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: teiEmbeddingsV1 })
  embeddingsV1(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.embeddings(request, reply);
  }

  /** The body of a request, once the model of its path is known to be there. */
  private async bodyOf<Schema extends z.ZodType>(
    schema: Schema,
    request: ModelRequest,
  ): Promise<z.output<Schema>> {
    await this.models.find(callerOf(request), request.params.ref);
    return validateBody(schema, request.body);
  }
}
