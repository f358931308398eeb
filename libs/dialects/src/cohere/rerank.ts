import type { Priority } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { refuseNone } from '../shared/errors.js';
import { rankingOf } from '../shared/outputs.js';
import { cohereMeta } from './meta.js';

/** Tokens of a document that are read at most, where the request says nothing. */
const MAX_TOKENS_PER_DOC = 4_096;
/** Cohere's priorities up to here are those of calls that somebody waits for. */
const MOST_NORMAL_PRIORITY = 9;

const withText = z.object({ text: z.string() });
const fields = {
  model: z.string().min(1).max(128),
  query: z.string(),
  top_n: z.int().min(1).nullish(),
  max_tokens_per_doc: z.int().min(1).nullish(),
  priority: z.int().min(0).max(999).nullish().describe('0 comes first; up to 9 before what has more.'),
};
export const cohereRerankBody = z
  .object({ ...fields, documents: z.array(z.string()) })
  .meta({ id: 'CohereRerankBody' });
export const cohereRerankV1Body = z
  .object({
    ...fields,
    documents: z.array(z.union([z.string(), withText])),
    return_documents: z.boolean().nullish(),
  })
  .meta({ id: 'CohereRerankV1Body' });
export const jinaRerankBody = z
  .object({
    ...fields,
    documents: z.array(z.union([z.string(), withText])),
    return_documents: z.boolean().nullish().describe('True unless it says otherwise.'),
  })
  .meta({ id: 'JinaRerankBody' });

const result = z.strictObject({ index: z.int().min(0), relevance_score: z.number() });
export const cohereRanking = z
  .strictObject({ id: z.string(), results: z.array(result), meta: cohereMeta })
  .meta({ id: 'CohereRanking' });
const resultV1 = result.extend({ document: z.strictObject({ text: z.string() }).exactOptional() });
export const cohereRankingV1 = z
  .strictObject({ id: z.string(), results: z.array(resultV1), meta: cohereMeta })
  .meta({ id: 'CohereRankingV1' });
export const jinaRanking = z
  .strictObject({
    id: z.string(),
    model: z.string(),
    results: z.array(resultV1),
    usage: z.strictObject({ total_tokens: z.int().min(0) }),
    meta: cohereMeta,
  })
  .meta({ id: 'JinaRanking' });

type RerankBody = z.infer<typeof cohereRerankBody | typeof cohereRerankV1Body>;

/** What a request for a ranking asks a model. Throws `invalid-input` where it has no documents. */
export function cohereRerankCall(body: RerankBody): Call {
  const { model, query, documents, top_n, max_tokens_per_doc, priority } = body;
  refuseNone(documents, '/documents');
  return {
    source: 'cohere',
    model,
    task: 'rerank',
    inputs: [{ query, documents: documents.map(textOf) }],
    parameters: {
      max_tokens_per_doc: max_tokens_per_doc ?? MAX_TOKENS_PER_DOC,
      ...(typeof top_n === 'number' ? { top_n } : {}),
    },
    ...(typeof priority === 'number' ? { priority: priorityOf(priority) } : {}),
  };
}

/** Best first. `shown`: documents that go with their scores. */
export function rankedDocuments({ outputs }: Answered, shown: RerankBody['documents'] | null) {
  return rankingOf(outputs[0]!).map(({ index, score }) => ({
    index,
    relevance_score: score,
    ...(shown ? { document: { text: textOf(shown[index]!) } } : {}),
  }));
}

function textOf(document: RerankBody['documents'][number]): string {
  return typeof document === 'string' ? document : document.text;
}

function priorityOf(given: number): Priority {
  if (given === 0) return 'high';
  return given <= MOST_NORMAL_PRIORITY ? 'normal' : 'low';
}
