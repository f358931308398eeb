import {
  cohereClassifications,
  cohereClassifyBody,
  cohereEmbedBody,
  cohereEmbeddings,
  cohereError,
  cohereRanking,
  cohereRankingV1,
  cohereRerankBody,
  cohereRerankV1Body,
  jinaRanking,
  jinaRerankBody,
} from '@heddle/dialects';
import type { Operation } from '../../http/operation.js';

const OF_COHERE = { tag: 'Cohere', envelope: cohereError } as const;
const HEADERS = ['Idempotency-Key', 'traceparent'] as const;
const RANKED = 'Best first.';

export const cohereRerank: Operation = {
  ...OF_COHERE,
  id: 'cohereRerank',
  summary: 'Documents by how well they answer a query',
  headers: HEADERS,
  body: { schema: cohereRerankBody },
  answers: { 200: { description: RANKED, schema: cohereRanking } },
};

export const cohereRerankV1: Operation = {
  ...OF_COHERE,
  id: 'cohereRerankV1',
  summary: 'Likewise, in the first version',
  headers: HEADERS,
  body: { schema: cohereRerankV1Body },
  answers: { 200: { description: RANKED, schema: cohereRankingV1 } },
};

export const cohereClassify: Operation = {
  ...OF_COHERE,
  id: 'cohereClassify',
  summary: 'Labels of texts',
  headers: HEADERS,
  body: { schema: cohereClassifyBody },
  answers: { 200: { description: 'In the order of the texts.', schema: cohereClassifications } },
};

export const cohereEmbed: Operation = {
  ...OF_COHERE,
  id: 'cohereEmbed',
  summary: 'Vectors of texts',
  headers: HEADERS,
  body: { schema: cohereEmbedBody },
  answers: { 200: { description: 'In the order of the texts.', schema: cohereEmbeddings } },
};

export const jinaRerank: Operation = {
  ...OF_COHERE,
  id: 'jinaRerank',
  summary: 'Documents by how well they answer a query, for clients of Jina',
  headers: HEADERS,
  body: { schema: jinaRerankBody },
  answers: { 200: { description: RANKED, schema: jinaRanking } },
};
