import type { Value } from '@heddle/onnx';
import type { Context } from './context.js';
import { bySequence, type Sequence } from './embeddings.js';
import type { HeadQueries } from './queries.js';
import { positionTablesByHead } from './tables.js';

/**
 * Attention of all tokens from their projection [B·L, 3·H], one head after another: the scores of one head, [B, L, L], stay in the cache from the first
 * product to the last, and no head has to be brought to the front of its tensor and back. Same numbers as scoreTerms,
 * probabilities and weightedValues together (attention.ts), for models without talking heads. [B·L, H]
 */
export async function attendByHead(
  context: Context,
  layer: string,
  sequence: Sequence,
  projected: Value,
  { mask, positions }: HeadQueries,
): Promise<Value> {
  const { graph, config } = context;
  const { attentionHeads: heads, hiddenSize } = config;
  const parts = graph.split(bySequence(context, sequence, projected, 3 * hiddenSize), 3 * heads, 2);
  const tables = await positionTablesByHead(context, layer);
  const attended = Array.from({ length: heads }, (_, head) => {
    const [query, key, value] = [parts[head]!, parts[heads + head]!, parts[2 * heads + head]!];
    const terms = [graph.node('MatMul', [query, graph.node('Transpose', [key], { perm: [0, 2, 1] })])];
    if (tables.keys) terms.push(positions!.contentToPosition(query, tables.keys[head]!));
    if (tables.queries) terms.push(positions!.positionToContent(key, tables.queries[head]!));
    const scores = [...terms, mask()].reduce((sum, term) => graph.node('Add', [sum, term]));
    return graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), value]);
  });
  const together = graph.node('Concat', attended, { axis: 2 });
  return graph.node('Reshape', [together, graph.ints([-1, hiddenSize])]);
}
