import { HeddleError, textsIn } from '@heddle/contracts';
import { type Call, teiHeaders } from '@heddle/dialects';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RESOURCES, type Resources } from '../../resources.js';
import { type AnsweredCall, BlockingCalls } from '../blocking-calls.js';

export type ModelRequest = FastifyRequest<{ Params: { ref: string } }>;

/** Calls with the limit and the headers of text-embeddings-inference. */
@Injectable()
export class TeiCalls {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly calls: BlockingCalls,
  ) {}

  async run(request: FastifyRequest, reply: FastifyReply, call: Call): Promise<AnsweredCall> {
    const answered = await this.calls.run(request, reply, { ...call, maxInputs: this.maxBatch });
    const { timing } = answered.job;
    if (timing) {
      const texts = textsIn(call.inputs, '').map(({ text }) => text);
      void reply.headers(teiHeaders(texts, answered.tokens, timing));
    }
    return answered;
  }

  /** Throws `too-many-inputs`. */
  refuseMany(list: readonly unknown[], pointer: string): void {
    if (list.length <= this.maxBatch) return;
    const message = `at most ${this.maxBatch} texts`;
    throw new HeddleError('too-many-inputs', `A request takes ${message}; this one has ${list.length}.`, {
      errors: [{ pointer, code: 'too-many', message }],
    });
  }

  private get maxBatch(): number {
    return this.resources.config.env.HEDDLE_TEI_MAX_BATCH;
  }
}
