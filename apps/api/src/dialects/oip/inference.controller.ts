import { oipCall, oipEncoded, oipRequest, oipTensorsOf } from '@heddle/dialects';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../http/auth.js';
import { HEADER_LENGTH, type TensorBody } from '../../http/tensor-body.js';
import { validateBody } from '../../http/validate.js';
import { BlockingCalls } from '../blocking-calls.js';
import { DialectModels } from '../models.js';
import { oipInfer, oipInferVersion } from './operations.js';
import { type ModelRequest, referenceOf } from './reference.js';

@Controller('oip/v2/models')
export class OipInferenceController {
  constructor(
    @Inject(BlockingCalls) private readonly calls: BlockingCalls,
    @Inject(DialectModels) private readonly models: DialectModels,
  ) {}

  @Post(':model/infer')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], tensors: true, operation: oipInfer })
  infer(@Req() request: ModelRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    return this.answer(request, reply);
  }

  @Post(':model/versions/:version/infer')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], tensors: true, operation: oipInferVersion })
  inferVersion(
    @Req() request: ModelRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return this.answer(request, reply);
  }

  private async answer(request: ModelRequest, reply: FastifyReply): Promise<unknown> {
    const reference = referenceOf(request);
    const caller = callerOf(request);
    const found = await this.models.find(caller, reference);
    const { json, binary } = bodyOf(request);
    const asked = validateBody(oipRequest, json);
    const call = oipCall(reference, found.manifest, asked, binary);
    const answered = await this.calls.run(request, reply, call.call);
    const { number, manifest } = await this.models.ofJob(caller, found, answered.job);
    const { response, binary: bytes } = oipEncoded(oipTensorsOf(call, asked, answered, manifest), asked, {
      model_name: request.params.model,
      model_version: String(number),
    });
    if (bytes.length === 0) return response;
    const head = Buffer.from(JSON.stringify(response));
    void reply.headers({ 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) });
    return Buffer.concat([head, ...bytes]);
  }
}

function bodyOf(request: FastifyRequest): TensorBody {
  return (request.body as TensorBody | undefined) ?? { json: undefined, binary: Buffer.alloc(0) };
}
