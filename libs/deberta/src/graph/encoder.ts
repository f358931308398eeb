import type { Value } from '@heddle/onnx';
import { type Context, result } from './context.js';
import { emitConvolution } from './convolution.js';
import { bySequence, type Sequence } from './embeddings.js';
import { emitLayer } from './layer.js';
import { allTokens, type Queries } from './queries.js';

/**
 * All layers (transformers DebertaV2Encoder), the last one for the tokens that are asked for alone.
 * [B·L, H] → [B·n, H]
 */
export async function emitEncoder(
  context: Context,
  embedded: Sequence,
  queries: (sequence: Sequence) => Queries,
): Promise<Value> {
  const { layers, convolution } = context.config;
  // The convolution needs every row of the first layer, even where that is the last.
  const complete = convolution && layers === 1 ? 1 : layers - 1;
  const sequence = await emitLayers(context, embedded, complete);
  const asked = queries(sequence);
  return complete === layers ? asked.take(sequence.hidden) : emitLayer(context, layers - 1, sequence, asked);
}

/** The first layers, every token of them. */
export async function emitLayers(context: Context, embedded: Sequence, count: number): Promise<Sequence> {
  await showHidden(context, embedded, 0);
  const queries = allTokens(context, embedded);
  let sequence = embedded;
  for (let index = 0; index < count; index++) {
    const output = await emitLayer(context, index, sequence, queries);
    sequence = { ...sequence, hidden: await afterLayer(context, index, embedded, output) };
    await showHidden(context, sequence, index + 1);
  }
  return sequence;
}

/** The convolution follows the first layer. */
export async function afterLayer(
  context: Context,
  index: number,
  embedded: Sequence,
  output: Value,
): Promise<Value> {
  const { convolution } = context.config;
  return index === 0 && convolution ? emitConvolution(context, convolution, embedded, output) : output;
}

async function showHidden(context: Context, sequence: Sequence, index: number): Promise<void> {
  if (!context.inner) return;
  const { graph, config } = context;
  const tokens = bySequence(context, sequence, sequence.hidden, config.hiddenSize);
  const dims = ['batch', 'sequence', config.hiddenSize];
  await result(context, `hidden_states.${index}`, dims, (named) =>
    graph.node('Identity', [tokens], {}, named),
  );
}
