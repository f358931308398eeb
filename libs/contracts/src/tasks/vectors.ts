import { z } from 'zod';
import { common, encoding, offsets, placedToken } from './items.js';

export const embedParameters = z
  .strictObject({
    ...common,
    pooling: z.enum(['mean', 'cls']).optional().describe('The version’s own when absent.'),
    normalize: z.boolean().default(true),
    dimensions: z
      .int()
      .min(1)
      .optional()
      .describe('Only the first numbers of the vector are kept, then it is normalised.'),
    level: z.enum(['text', 'token']).default('text'),
    encoding,
    offsets,
  })
  .meta({ id: 'EmbedParameters' });
export type EmbedParameters = z.infer<typeof embedParameters>;

/** A vector as numbers, or as base64 of little-endian float32. */
export const vector = z.union([z.array(z.number()), z.string()]);
export type Vector = z.infer<typeof vector>;
export const embedOutput = z
  .union([
    z.strictObject({ embedding: vector }),
    z.strictObject({ embeddings: z.array(vector), tokens: z.array(placedToken) }),
  ])
  .meta({ id: 'EmbedOutput' });
export type EmbedOutput = z.infer<typeof embedOutput>;

/** `total` is the sum of the score's terms, `probs` its softmax. */
export const ATTENTION_PARTS = ['total', 'c2c', 'c2p', 'p2c', 'probs'] as const;
export type AttentionPart = (typeof ATTENTION_PARTS)[number];

const unique = (values: unknown[]) => new Set(values).size === values.length;
const indices = z
  .array(z.int().min(0))
  .min(1)
  .refine(unique, 'must be unique')
  .meta({ uniqueItems: true })
  .optional();

export const attentionParameters = z
  .strictObject({
    ...common,
    layers: indices,
    heads: indices,
    parts: z
      .array(z.enum(ATTENTION_PARTS))
      .min(1)
      .refine(unique, 'must be unique')
      .meta({ uniqueItems: true })
      .default(['total']),
    encoding,
    offsets,
  })
  .meta({ id: 'AttentionParameters' });
export type AttentionParameters = z.infer<typeof attentionParameters>;

/** Numbers [layer][head][query token][key token]. */
export const attentionTensor = z.array(z.array(z.array(z.array(z.number()))));
export type AttentionTensor = z.infer<typeof attentionTensor>;
export const attentionOutput = z
  .strictObject({
    tokens: z.array(placedToken.extend({ text_pair: z.literal(true).exactOptional() }).meta({})),
    shape: z.tuple([z.int(), z.int(), z.int(), z.int()]).describe('Layers, heads, tokens, tokens.'),
    parts: z
      .partialRecord(z.enum(ATTENTION_PARTS), z.union([attentionTensor, z.string()]).nullable())
      .describe('Null for a term that the model’s scores do not have.'),
  })
  .meta({ id: 'AttentionOutput' });
export type AttentionOutput = z.infer<typeof attentionOutput>;
