import type { RerankItem, RerankOutput, RerankParameters } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { sigmoid } from './scores.js';
import { logitsFor, type TaskHandler } from './task.js';

/** Documents by how well they answer a query: one sequence a document, the score of its only label. */
export const rerank: TaskHandler<RerankItem, RerankParameters, RerankOutput> = {
  encode: async ({ query, documents }, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide, max_tokens_per_doc: maxSecond } = parameters;
    const options = {
      maxTokens,
      truncate,
      truncationSide,
      ...(maxSecond === undefined ? {} : { maxSecond }),
    };
    return (await tokenizer.encodePairs(query, documents.map(textOf), options)).map(logitsFor);
  },

  decode: ({ documents }, parameters, _sequences, rows) => {
    const results = rows.map((row, index) => {
      const logit = row.logits!.data[0]!;
      const result = { index, score: float32(parameters.raw_scores ? logit : sigmoid(logit)) };
      return parameters.return_documents ? { ...result, document: documents[index]! } : result;
    });
    // The sort is stable: equal scores stay in the order of their documents.
    results.sort((a, b) => b.score - a.score);
    return { results: results.slice(0, parameters.top_n) };
  },
};

function textOf(document: RerankItem['documents'][number]): string {
  return typeof document === 'string' ? document : document.text;
}
