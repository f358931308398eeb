import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { refuseNone } from '../shared/errors.js';
import { rankingOf } from '../shared/outputs.js';
import { truncationFields, truncationOf } from '../shared/truncation.js';

export const teiRerankBody = z
  .object({
    query: z.string(),
    texts: z.array(z.string()),
    ...truncationFields,
    raw_scores: z.boolean().nullish(),
    return_text: z.boolean().nullish(),
  })
  .meta({ id: 'TEIRerankBody' });
type RerankBody = z.infer<typeof teiRerankBody>;

export const teiRanking = z
  .array(z.strictObject({ index: z.int().min(0), text: z.string().exactOptional(), score: z.number() }))
  .meta({ id: 'TEIRanking' });

/** Throws `invalid-input` where there are no texts. */
export function teiRerankCall(model: string, body: RerankBody): Call {
  const { query, texts, raw_scores: raw } = body;
  refuseNone(texts, '/texts');
  return {
    source: 'tei',
    model,
    task: 'rerank',
    inputs: [{ query, documents: texts }],
    parameters: { ...truncationOf(body), raw_scores: raw === true },
  };
}

/** Best first. */
export function teiRanked(
  { texts, return_text: shown }: RerankBody,
  { outputs }: Answered,
): z.infer<typeof teiRanking> {
  return rankingOf(outputs[0]!).map(({ index, score }) => ({
    index,
    ...(shown ? { text: texts[index]! } : {}),
    score,
  }));
}
