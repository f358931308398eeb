import { z } from 'zod';
import { common, encoding, offsets, type PlacedToken } from './items.js';

export const embedParameters = z.strictObject({
  ...common,
  /** The version's own when absent. */
  pooling: z.enum(['mean', 'cls']).optional(),
  normalize: z.boolean().default(true),
  /** Only the first numbers of the vector are kept, then it is normalised. */
  dimensions: z.int().min(1).optional(),
  level: z.enum(['text', 'token']).default('text'),
  encoding,
  offsets,
});
export type EmbedParameters = z.infer<typeof embedParameters>;

/** A vector as numbers, or as base64 of little-endian float32. */
export type Vector = number[] | string;
export type EmbedOutput = { embedding: Vector } | { embeddings: Vector[]; tokens: PlacedToken[] };

/** `total` is the sum of the score's terms, `probs` its softmax. */
export const ATTENTION_PARTS = ['total', 'c2c', 'c2p', 'p2c', 'probs'] as const;
export type AttentionPart = (typeof ATTENTION_PARTS)[number];

const unique = (values: unknown[]) => new Set(values).size === values.length;
const indices = z.array(z.int().min(0)).min(1).refine(unique, 'must be unique').optional();

export const attentionParameters = z.strictObject({
  ...common,
  layers: indices,
  heads: indices,
  parts: z.array(z.enum(ATTENTION_PARTS)).min(1).refine(unique, 'must be unique').default(['total']),
  encoding,
  offsets,
});
export type AttentionParameters = z.infer<typeof attentionParameters>;

/** Numbers [layer][head][query token][key token]. */
export type AttentionTensor = number[][][][];
export interface AttentionOutput {
  tokens: (PlacedToken & { text_pair?: true })[];
  /** Layers, heads, tokens, tokens. */
  shape: [number, number, number, number];
  /** Null for a term that the model's scores do not have. */
  parts: Partial<Record<AttentionPart, AttentionTensor | string | null>>;
}
