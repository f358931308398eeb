import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, itemId, text } from './items.js';

const rankedDocument = z.union([text, z.strictObject({ text })]);
export const rerankItem = z
  .strictObject({
    id: itemId.optional(),
    query: text,
    documents: z.array(rankedDocument).min(1).max(LIMITS.maxDocuments),
  })
  .meta({ id: 'RerankItem' });
export type RerankItem = z.infer<typeof rerankItem>;

export const rerankParameters = z
  .strictObject({
    ...common,
    /** Rerankers read the beginning of long documents. */
    truncate: z.boolean().default(true),
    top_n: z.int().min(1).optional(),
    raw_scores: z.boolean().default(false),
    return_documents: z.boolean().default(false),
    max_tokens_per_doc: z.int().min(1).optional().describe('Tokens of a document that are read at most.'),
  })
  .meta({ id: 'RerankParameters' });
export type RerankParameters = z.infer<typeof rerankParameters>;

/** Best first, ties by index; a document comes back as it was given. */
export const rerankOutput = z
  .strictObject({
    results: z.array(
      z.strictObject({
        index: z.int().min(0),
        score: z.number(),
        document: rankedDocument.exactOptional(),
      }),
    ),
  })
  .meta({ id: 'RerankOutput' });
export type RerankOutput = z.infer<typeof rerankOutput>;

export const scoreItem = z
  .union([
    z.strictObject({ id: itemId.optional(), prompt: text, response: text }),
    z.strictObject({ id: itemId.optional(), text, text_pair: text }),
  ])
  .meta({ id: 'ScoreItem' });
export type ScoreItem = z.infer<typeof scoreItem>;

export const scoreParameters = z.strictObject(common).meta({ id: 'ScoreParameters' });
export type ScoreParameters = z.infer<typeof scoreParameters>;

/** The model's own number, unbounded. */
export const scoreOutput = z.strictObject({ score: z.number() }).meta({ id: 'ScoreOutput' });
export type ScoreOutput = z.infer<typeof scoreOutput>;
