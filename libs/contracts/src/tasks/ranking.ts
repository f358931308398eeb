import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, itemId } from './items.js';

const rankedDocument = z.union([z.string(), z.strictObject({ text: z.string() })]);
export const rerankItem = z.strictObject({
  id: itemId.optional(),
  query: z.string(),
  documents: z.array(rankedDocument).min(1).max(LIMITS.maxDocuments),
});
export type RerankItem = z.infer<typeof rerankItem>;

export const rerankParameters = z.strictObject({
  ...common,
  /** Rerankers read the beginning of long documents. */
  truncate: z.boolean().default(true),
  top_n: z.int().min(1).optional(),
  raw_scores: z.boolean().default(false),
  return_documents: z.boolean().default(false),
  /** Tokens of a document that are read at most. */
  max_tokens_per_doc: z.int().min(1).optional(),
});
export type RerankParameters = z.infer<typeof rerankParameters>;

/** Best first, ties by index; a document comes back as it was given. */
export interface RerankOutput {
  results: { index: number; score: number; document?: RerankItem['documents'][number] }[];
}

export const scoreItem = z.union([
  z.strictObject({ id: itemId.optional(), prompt: z.string(), response: z.string() }),
  z.strictObject({ id: itemId.optional(), text: z.string(), text_pair: z.string() }),
]);
export type ScoreItem = z.infer<typeof scoreItem>;

export const scoreParameters = z.strictObject(common);
export type ScoreParameters = z.infer<typeof scoreParameters>;

/** The model's own number, unbounded. */
export interface ScoreOutput {
  score: number;
}
