import { DATA_TYPES, type Value } from '@heddle/onnx';
import { type Context, layerNorm, parameter } from './context.js';
import { keyMaskOf } from './masks.js';
import { parameterRows } from './products.js';

/** What the encoder works on: `batch` B and `length` L are one-element int64 tensors. */
export interface Sequence {
  batch: Value;
  length: Value;
  /** [B·L, H] */
  hidden: Value;
  /** 1 for real tokens, 0 for padding. [B, L] */
  real: Value;
  /** Which keys are real, for `hide` (masks.ts). [B, 1, 1, L] */
  keyMask: Value;
}

/**
 * LN(W_word[ids] (+ W_pos) (+ W_type[types])) · mask (transformers DebertaV2Embeddings). Declares the inputs of
 * the graph; `token_type_ids` is one of them only if types have embeddings.
 */
export async function emitEmbeddings(context: Context): Promise<Sequence> {
  const { config, graph } = context;
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const shape = graph.node('Shape', [ids]);
  const batch = graph.node('Slice', [shape, graph.ints([0]), graph.ints([1])]);
  const length = graph.node('Slice', [shape, graph.ints([1]), graph.ints([2])]);

  const words = await parameterRows(context, 'embeddings.word_embeddings.weight', ids);
  const byToken = bySequence(context, { batch, length }, words, config.embeddingSize);
  let x = await addTypes(context, await addPositions(context, byToken, length));
  x = graph.node('Reshape', [x, graph.ints([-1, config.embeddingSize])]);
  if (config.embeddingSize !== config.hiddenSize) {
    x = graph.node('Gemm', [x, await parameter(context, 'embeddings.embed_proj.weight')], { transB: 1 });
  }
  const normed = await layerNorm(context, 'embeddings.LayerNorm', x);
  const real = graph.node('Cast', [mask], { to: DATA_TYPES[context.floats].code });
  const realRows = graph.node('Reshape', [real, graph.ints([-1, 1])]);
  const keyMask = keyMaskOf(context, mask, real);
  return {
    batch,
    length,
    hidden: graph.node('Mul', [normed, realRows]),
    real,
    keyMask: graph.node('Unsqueeze', [keyMask, graph.ints([1, 2])]),
  };
}

async function addPositions(context: Context, x: Value, length: Value): Promise<Value> {
  const { config, graph } = context;
  if (!config.absolutePositions) return x;
  const table = await parameter(context, 'embeddings.position_embeddings.weight');
  return graph.node('Add', [x, graph.node('Slice', [table, graph.ints([0]), length])]);
}

async function addTypes(context: Context, x: Value): Promise<Value> {
  const { config, graph } = context;
  if (config.typeVocabSize === 0) return x;
  const types = graph.input('token_type_ids', 'int64', ['batch', 'sequence']);
  const table = await parameter(context, 'embeddings.token_type_embeddings.weight');
  return graph.node('Add', [x, graph.node('Gather', [table, types])]);
}

/** [B·L, size] → [B, L, size] */
export function bySequence(
  { graph, floats }: Context,
  { batch, length }: Pick<Sequence, 'batch' | 'length'>,
  x: Value,
  size: number,
): Value {
  const shape = graph.node('Concat', [batch, length, graph.ints([size])], { axis: 0 });
  const result = { type: floats, shape: ['batch', 'sequence', size] };
  return graph.node('Reshape', [x, shape], {}, { result });
}
