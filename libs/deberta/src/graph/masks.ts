import { LARGEST_HALF, type Value } from '@heddle/onnx';
import type { Context } from './context.js';

/** Added to any score it gives itself: exp of the difference to a real key is exactly 0 (transformers' finfo.min). */
export const LOWEST_FLOAT = -3.4028234663852886e38;
/** TensorProto.BOOL */
const BOOL = 9;

/**
 * Which keys are real, [B, L], from `mask` [B, L] (int64) and the same in floats. In float32 what is added to
 * scores: 0, and the lowest float for padding. In float16 whether they are: the lowest half and a score below −16 make
 * minus infinity, of which a row of padding alone would become NaN.
 */
export function keyMaskOf({ graph, floats }: Context, mask: Value, real: Value): Value {
  if (floats === 'float16') return graph.node('Cast', [mask], { to: BOOL });
  const padding = graph.node('Sub', [graph.float(1), real]);
  return graph.node('Mul', [padding, graph.float(LOWEST_FLOAT)]);
}

/** Scores without those of hidden keys: softmax makes 0 of them. A score that is not finite stays so. */
export function hide({ graph, floats }: Context, scores: Value, mask: Value): Value {
  if (floats === 'float32') return graph.node('Add', [scores, mask]);
  return graph.node('Where', [mask, scores, graph.float(-LARGEST_HALF, floats)]);
}
