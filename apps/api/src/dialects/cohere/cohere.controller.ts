import {
  cohereClassified,
  cohereClassifyBody,
  cohereClassifyCall,
  cohereEmbedBody,
  cohereEmbedCall,
  cohereRerankBody,
  cohereRerankCall,
  cohereRerankV1Body,
  embeddingsByType,
  jinaRerankBody,
  metaOf,
  rankedDocuments,
} from '@heddle/dialects';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validateBody } from '../../http/validate.js';
import { BlockingCalls } from '../blocking-calls.js';
import { cohereClassify, cohereEmbed, cohereRerank, cohereRerankV1, jinaRerank } from './operations.js';

const SEARCHED = { search_units: 1 };

@Controller()
export class CohereController {
  constructor(@Inject(BlockingCalls) private readonly calls: BlockingCalls) {}

  @Post('cohere/v2/rerank')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cohereRerank })
  async rerank(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(cohereRerankBody, request.body);
    const answered = await this.calls.run(request, reply, cohereRerankCall(body));
    const results = rankedDocuments(answered, null);
    return { id: answered.job.id, results, meta: metaOf('2', answered.tokens, SEARCHED) };
  }

  @Post('cohere/v1/rerank')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cohereRerankV1 })
  async rerankV1(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(cohereRerankV1Body, request.body);
    const answered = await this.calls.run(request, reply, cohereRerankCall(body));
    const results = rankedDocuments(answered, body.return_documents ? body.documents : null);
    return { id: answered.job.id, results, meta: metaOf('1', answered.tokens, SEARCHED) };
  }

  @Post('cohere/v1/classify')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cohereClassify })
  async classify(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(cohereClassifyBody, request.body);
    const answered = await this.calls.run(request, reply, cohereClassifyCall(body));
    const { id } = answered.job;
    return {
      id,
      classifications: cohereClassified(body.inputs, answered, (index) => `${id}-${index}`),
      meta: metaOf('1', answered.tokens, { classifications: body.inputs.length }),
    };
  }

  @Post('cohere/v2/embed')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cohereEmbed })
  async embed(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(cohereEmbedBody, request.body);
    const answered = await this.calls.run(request, reply, cohereEmbedCall(body));
    return {
      id: answered.job.id,
      embeddings: embeddingsByType(body, answered),
      texts: body.texts,
      meta: metaOf('2', answered.tokens, { input_tokens: answered.tokens }),
      response_type: 'embeddings_by_type',
    };
  }

  @Post('jina/v1/rerank')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: jinaRerank })
  async jinaRerank(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const body = validateBody(jinaRerankBody, request.body);
    const answered = await this.calls.run(request, reply, cohereRerankCall(body));
    return {
      id: answered.job.id,
      model: body.model,
      results: rankedDocuments(answered, body.return_documents === false ? null : body.documents),
      usage: { total_tokens: answered.tokens },
      meta: metaOf('1', answered.tokens, SEARCHED),
    };
  }
}
