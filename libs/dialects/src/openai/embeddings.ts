import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { embedItemsOf } from '../shared/embed-items.js';
import { vectorOf } from '../shared/outputs.js';

/** Texts, or token ids, of one request. */
const MAX_INPUTS = 2_048;
const tokenIds = z.array(z.int().min(0)).min(1);

export const embeddingsBody = z
  .object({
    model: z.string().min(1).max(128),
    input: z.union([z.string(), z.array(z.string()), tokenIds, z.array(tokenIds)], {
      error: 'a text, a list of texts, the ids of a text’s tokens, or a list of those',
    }),
    encoding_format: z.enum(['float', 'base64']).default('float'),
    dimensions: z.int().min(1).optional(),
    user: z.string().optional().describe('Nothing is done with it.'),
  })
  .meta({ id: 'OpenAIEmbeddingsBody' });

export const embeddingList = z
  .strictObject({
    object: z.literal('list'),
    data: z.array(
      z.strictObject({
        object: z.literal('embedding'),
        index: z.int().min(0),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .describe('Numbers, or little-endian float32 as base64.'),
      }),
    ),
    model: z.string(),
    usage: z.strictObject({ prompt_tokens: z.int().min(0), total_tokens: z.int().min(0) }),
  })
  .meta({ id: 'OpenAIEmbeddings' });

/** What a request for embeddings asks a model. */
export function embeddingsCall({
  model,
  input,
  encoding_format: encoding,
  dimensions,
}: z.infer<typeof embeddingsBody>): Call {
  return {
    source: 'openai',
    model,
    task: 'embed',
    inputs: embedItemsOf(input),
    maxInputs: MAX_INPUTS,
    parameters: { encoding, ...(dimensions === undefined ? {} : { dimensions }) },
  };
}

export function embeddingsAnswer(
  model: string,
  { outputs, tokens }: Answered,
): z.infer<typeof embeddingList> {
  return {
    object: 'list',
    data: outputs.map((output, index) => ({ object: 'embedding', index, embedding: vectorOf(output) })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
