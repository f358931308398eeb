import type { Value } from '@heddle/onnx';
import { layerName } from '../weights/tensor-shapes.js';
import { activation } from './activations.js';
import {
  type Keys,
  probabilities,
  projectAll,
  projectKeys,
  projectQueries,
  scoreTerms,
  splitProjected,
  totalScore,
  weightedValues,
} from './attention.js';
import { attendByHead } from './by-head.js';
import { type Context, layerNorm } from './context.js';
import type { Sequence } from './embeddings.js';
import { linear } from './products.js';
import { project } from './projections.js';
import type { Queries } from './queries.js';
import { isSplit } from './split-layer.js';

/** One block of the encoder for the tokens that are asked for (transformers DebertaV2Layer). → [B·n, H] */
export async function emitLayer(
  context: Context,
  index: number,
  sequence: Sequence,
  queries: Queries,
): Promise<Value> {
  const attended = await attendFrom(context, index, sequence, queries);
  return emitRest(context, layerName(index), attended, queries.take(sequence.hidden));
}

async function attendFrom(
  context: Context,
  index: number,
  sequence: Sequence,
  queries: Queries,
): Promise<Value> {
  const layer = layerName(index);
  const { byHead } = queries;
  const { togetherUpTo } = context;
  const isAlwaysTogether = context.config.attention.talkingHeads || togetherUpTo === Number.POSITIVE_INFINITY;
  if (!byHead || isAlwaysTogether || isSplit(context, index)) {
    const { query, keys } = await projectLayer(context, index, sequence, queries);
    return attend(context, layer, query, keys, queries);
  }
  const projected = await project(context, layer, sequence.hidden, ['query', 'key', 'value']);
  const apart = () => attendByHead(context, layer, sequence, projected, byHead);
  if (togetherUpTo === 0) return apart();
  return context.graph.either(
    byHead.isSmall(),
    async () => {
      const { query, keys } = await splitProjected(context, layer, sequence, queries, projected);
      return attend(context, layer, query, keys, queries);
    },
    apart,
  );
}

/**
 * Queries and keys of a layer. In one product, except in a last layer of which the main graph computes chosen
 * rows alone: its weights lie apart, and all graphs over the same weights follow.
 */
export async function projectLayer(
  context: Context,
  index: number,
  sequence: Sequence,
  queries: Queries,
): Promise<{ query: Value; keys: Keys }> {
  const layer = layerName(index);
  if (!isSplit(context, index)) return projectAll(context, layer, sequence, queries);
  return {
    query: await projectQueries(context, layer, queries.take(sequence.hidden), sequence, queries),
    keys: await projectKeys(context, layer, sequence, queries),
  };
}

/** Attention up to the output projection. [B·n, H] */
export async function attend(
  context: Context,
  layer: string,
  query: Value,
  keys: Keys,
  queries: Queries,
): Promise<Value> {
  const scores = totalScore(context, scoreTerms(context, query, keys, queries));
  return weightedValues(context, await probabilities(context, layer, scores, queries), keys, queries);
}

/** What follows attention in a block: output projection, feed-forward network, both added to what came in. */
export async function emitRest(
  context: Context,
  layer: string,
  attended: Value,
  residual: Value,
): Promise<Value> {
  const x = await addAndNorm(context, `${layer}.attention.output`, attended, residual);
  const wide = await linear(context, `${layer}.intermediate.dense`, x);
  return addAndNorm(
    context,
    `${layer}.output`,
    activation(context, context.config.hiddenActivation, wide),
    x,
  );
}

/** LN(x·Wᵀ + b + residual) */
async function addAndNorm(context: Context, name: string, x: Value, residual: Value): Promise<Value> {
  const projected = await linear(context, `${name}.dense`, x);
  return layerNorm(context, `${name}.LayerNorm`, context.graph.node('Add', [projected, residual]));
}
