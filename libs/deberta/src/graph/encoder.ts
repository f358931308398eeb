import type { Value } from '@heddle/onnx';
import { attendAll, attendFirst, type Relative } from './attention.js';
import { activation, type Context, layerNorm, linear } from './context.js';
import type { Sequence } from './embeddings.js';
import { readRelativeTable } from './position-tables.js';
import { PositionTerms } from './positions.js';
import { layerName } from './tensor-shapes.js';

/** Which tokens the head reads: the last layer computes no others. */
export type Rows = 'all' | 'first';

/** All layers (transformers DebertaV2Encoder). [B·L, H] → [B·L, H], or [B, H] for the first tokens alone. */
export async function emitEncoder(context: Context, embedded: Sequence, rows: Rows): Promise<Value> {
  const relative = await readRelative(context, embedded);
  let sequence = embedded;
  const last = context.config.layers - 1;
  for (let index = 0; index < last; index++) {
    sequence = { ...sequence, hidden: await emitLayer(context, layerName(index), sequence, relative, 'all') };
  }
  return emitLayer(context, layerName(last), sequence, relative, rows);
}

async function readRelative(context: Context, sequence: Sequence): Promise<Relative | null> {
  const { config, weights } = context;
  const { relative } = config.attention;
  if (relative === null) return null;
  return {
    table: await readRelativeTable(weights, relative, config.layerNormEps),
    terms: new PositionTerms(context, relative, sequence),
  };
}

async function emitLayer(
  context: Context,
  layer: string,
  sequence: Sequence,
  relative: Relative | null,
  rows: Rows,
): Promise<Value> {
  const { config } = context;
  let residual = sequence.hidden;
  let attended: Value;
  if (rows === 'first') {
    residual = firstTokens(context, sequence);
    attended = await attendFirst(context, layer, sequence, relative, residual);
  } else {
    attended = await attendAll(context, layer, sequence, relative);
  }
  const x = await addAndNorm(context, `${layer}.attention.output`, attended, residual);
  const wide = await linear(context, `${layer}.intermediate.dense`, x);
  return addAndNorm(context, `${layer}.output`, activation(context, config.hiddenActivation, wide), x);
}

/** LN(x·Wᵀ + b + residual) */
async function addAndNorm(context: Context, name: string, x: Value, residual: Value): Promise<Value> {
  const projected = await linear(context, `${name}.dense`, x);
  return layerNorm(context, `${name}.LayerNorm`, context.graph.node('Add', [projected, residual]));
}

/** [B·L, H] → [B, H] */
function firstTokens({ graph, config }: Context, { batch, length, hidden }: Sequence): Value {
  const shape = graph.node('Concat', [batch, length, graph.ints([config.hiddenSize])], { axis: 0 });
  const split = graph.node('Reshape', [hidden, shape]);
  return graph.node('Gather', [split, graph.ints([0], [])], { axis: 1 });
}
