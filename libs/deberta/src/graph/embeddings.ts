import type { Value } from '@heddle/onnx';
import { type Context, layerNorm, parameter } from './context.js';

/** What the encoder works on: `batch` B and `length` L are one-element int64 tensors. */
export interface Sequence {
  batch: Value;
  length: Value;
  /** [B·L, H] */
  hidden: Value;
  /** Added to scores: 0 for real keys, the lowest float for padding. [B, 1, 1, L] */
  keyMask: Value;
}

/** TensorProto.FLOAT */
const FLOAT = 1;
/** Added to any score it gives itself: exp of the difference to a real key is exactly 0 (transformers' finfo.min). */
const LOWEST_FLOAT = -3.4028234663852886e38;

/** LN(W_word[ids] (+ W_pos)) · mask (transformers DebertaV2Embeddings). Declares the inputs of the graph. */
export async function emitEmbeddings(context: Context): Promise<Sequence> {
  const { config, graph } = context;
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const shape = graph.node('Shape', [ids]);
  const batch = graph.node('Slice', [shape, graph.ints([0]), graph.ints([1])]);
  const length = graph.node('Slice', [shape, graph.ints([1]), graph.ints([2])]);

  let x = graph.node('Gather', [await parameter(context, 'embeddings.word_embeddings.weight'), ids]);
  if (config.absolutePositions) {
    const table = await parameter(context, 'embeddings.position_embeddings.weight');
    x = graph.node('Add', [x, graph.node('Slice', [table, graph.ints([0]), length])]);
  }
  x = graph.node('Reshape', [x, graph.ints([-1, config.embeddingSize])]);
  if (config.embeddingSize !== config.hiddenSize) {
    x = graph.node('Gemm', [x, await parameter(context, 'embeddings.embed_proj.weight')], { transB: 1 });
  }
  const normed = await layerNorm(context, 'embeddings.LayerNorm', x);
  const real = graph.node('Cast', [mask], { to: FLOAT });
  const realRows = graph.node('Reshape', [real, graph.ints([-1, 1])]);
  const padding = graph.node('Sub', [graph.float(1), real]);
  const keyMask = graph.node('Mul', [padding, graph.float(LOWEST_FLOAT)]);
  return {
    batch,
    length,
    hidden: graph.node('Mul', [normed, realRows]),
    keyMask: graph.node('Unsqueeze', [keyMask, graph.ints([1, 2])]),
  };
}
