import { LIMITS } from '@heddle/contracts';
import { teiInfo, teiInfoOf } from '@heddle/dialects';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Caller } from '../http/auth.js';
import { RESOURCES, type Resources } from '../resources.js';
import { VERSION } from '../version.js';
import { DialectModels } from './models.js';

/** Tokens of one forward pass at the most, in the words of text-embeddings-inference. */
const MAX_BATCH_TOKENS = 16_384;

/** What a server that has one model says of itself. */
@Injectable()
export class ModelInfo {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(DialectModels) private readonly models: DialectModels,
  ) {}

  async of(caller: Caller, reference: string): Promise<z.infer<typeof teiInfo>> {
    const { model, manifest } = await this.models.find(caller, reference);
    return teiInfoOf(model, manifest, {
      max_concurrent_requests: LIMITS.maxHeldWaits,
      max_batch_tokens: MAX_BATCH_TOKENS,
      max_client_batch_size: this.resources.config.env.HEDDLE_TEI_MAX_BATCH,
      version: VERSION,
      sha: this.resources.commit,
    });
  }
}
