import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { vectorOf } from '../shared/outputs.js';
import { cohereTruncationOf } from './classify.js';
import { cohereMeta } from './meta.js';

/** Texts of one request, as Cohere has it. */
const MAX_TEXTS = 96;

export const cohereEmbedBody = z
  .object({
    model: z.string().min(1).max(128),
    texts: z.array(z.string()),
    input_type: z.string().nullish().describe('Nothing is done with it.'),
    embedding_types: z
      .array(z.enum(['float', 'base64']))
      .min(1)
      .nullish()
      .describe('`["float"]` when absent.'),
    output_dimension: z.int().min(1).nullish(),
    truncate: z.enum(['NONE', 'START', 'END']).nullish().describe('`END` when absent.'),
  })
  .meta({ id: 'CohereEmbedBody' });

export const cohereEmbeddings = z
  .strictObject({
    id: z.string(),
    embeddings: z.strictObject({
      float: z.array(z.array(z.number())).exactOptional(),
      base64: z.array(z.string()).exactOptional(),
    }),
    texts: z.array(z.string()),
    meta: cohereMeta,
    response_type: z.literal('embeddings_by_type'),
  })
  .meta({ id: 'CohereEmbeddings' });

/** What a request for embeddings asks a model. */
export function cohereEmbedCall({
  model,
  texts,
  output_dimension: dimensions,
  truncate,
}: z.infer<typeof cohereEmbedBody>): Call {
  return {
    source: 'cohere',
    model,
    task: 'embed',
    inputs: texts,
    maxInputs: MAX_TEXTS,
    parameters: {
      ...cohereTruncationOf(truncate),
      ...(typeof dimensions === 'number' ? { dimensions } : {}),
    },
  };
}

export function embeddingsByType(
  { embedding_types: types }: z.infer<typeof cohereEmbedBody>,
  { outputs }: Answered,
): z.infer<typeof cohereEmbeddings>['embeddings'] {
  const asked = new Set(types ?? ['float']);
  const float = outputs.map((output) => vectorOf(output) as number[]);
  return {
    ...(asked.has('float') ? { float } : {}),
    ...(asked.has('base64')
      ? { base64: float.map((vector) => Buffer.from(Float32Array.from(vector).buffer).toString('base64')) }
      : {}),
  };
}
