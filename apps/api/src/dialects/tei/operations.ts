import {
  embeddingList,
  teiDecodeBody,
  teiEmbedAllBody,
  teiEmbedBody,
  teiEmbeddingsBody,
  teiError,
  teiInfo,
  teiOpenaiError,
  teiPredictBody,
  teiPredictions,
  teiRanking,
  teiRerankBody,
  teiSimilarities,
  teiSimilarityBody,
  teiTexts,
  teiTokenizeBody,
  teiTokens,
  teiTokenVectors,
  teiVectors,
} from '@heddle/dialects';
import { z } from 'zod';
import type { Operation } from '../../http/operation.js';

const OF_TEI = { tag: 'TEI', envelope: teiError } as const;
const HEADERS = ['Idempotency-Key', 'traceparent'] as const;

function inference(id: string, summary: string, body: z.ZodType, answer: z.ZodType): Operation {
  return {
    ...OF_TEI,
    id,
    summary,
    headers: HEADERS,
    body: { schema: body },
    answers: { 200: { description: 'What the model answers.', schema: answer } },
  };
}

export const teiPredict = inference('teiPredict', 'Labels of texts', teiPredictBody, teiPredictions);
export const teiRerank = inference('teiRerank', 'Texts by how well they answer', teiRerankBody, teiRanking);
export const teiSimilarity = inference(
  'teiSimilarity',
  'Cosines of a sentence with others',
  teiSimilarityBody,
  teiSimilarities,
);
export const teiEmbed = inference('teiEmbed', 'Vectors of texts', teiEmbedBody, teiVectors);
export const teiEmbedAll = inference('teiEmbedAll', 'Vectors of tokens', teiEmbedAllBody, teiTokenVectors);
export const teiEmbedSparse = inference(
  'teiEmbedSparse',
  'Refused: no model here has sparse vectors',
  z.unknown(),
  z.unknown(),
);
export const teiTokenize = inference('teiTokenize', 'Tokens of texts', teiTokenizeBody, teiTokens);
export const teiDecode = inference('teiDecode', 'Texts of tokens', teiDecodeBody, teiTexts);
export const teiRun = inference(
  'teiRun',
  'What the model is for: to predict, to rank or to embed',
  z.union([teiPredictBody, teiRerankBody, teiEmbedBody]),
  z.union([teiPredictions, teiRanking, teiVectors]),
);

const embeddings = {
  ...inference('teiEmbeddings', 'Vectors of texts, as OpenAI has them', teiEmbeddingsBody, embeddingList),
  envelope: teiOpenaiError,
};
export const teiEmbeddings: Operation = embeddings;
export const teiEmbeddingsV1: Operation = { ...embeddings, id: 'teiEmbeddingsV1' };

export const teiGetInfo: Operation = {
  ...OF_TEI,
  id: 'teiInfo',
  summary: 'What model it is',
  answers: { 200: { description: 'The model, and limits of the server.', schema: teiInfo } },
};

const health = {
  ...OF_TEI,
  summary: 'Whether the server answers',
  answers: { 200: { description: 'It does, whatever the model.' } },
};
export const teiHealth: Operation = { ...health, id: 'teiHealth' };
export const teiPing: Operation = { ...health, id: 'teiPing' };
export const teiRoot: Operation = { ...health, id: 'teiRoot' };

export const teiMetrics: Operation = {
  ...OF_TEI,
  id: 'teiMetrics',
  summary: 'What the server is, for Prometheus',
  description: 'The rest of its metrics are at `/metrics`.',
  answers: { 200: { description: 'Its build.', type: 'text/plain' } },
};
