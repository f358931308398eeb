import { toHalves, type Value } from '@heddle/onnx';
import { type Context, type Named, parameter } from './context.js';
import type { Factor } from './factor.js';
import { integerProduct, isQuantized } from './integer-products.js';

/** x [n, inputs] → x·Wᵀ + b [n, outputs] with the parameters `name`. */
export function linear(context: Context, name: string, x: Value, named?: Named): Promise<Value> {
  const { weights } = context;
  const [outputs, inputs] = weights.shape(`${name}.weight`);
  const factor = {
    name,
    inputs: inputs!,
    outputs: outputs!,
    weights: () => weights.read(`${name}.weight`),
    bias: () => weights.read(`${name}.bias`),
  };
  return product(context, factor, x, named);
}

/** x [m, inputs] → x·Wᵀ + b [m, outputs]; as integers where the graph's precision says so for the layer. */
export async function product(context: Context, factor: Factor, x: Value, named: Named = {}): Promise<Value> {
  const { graph, store } = context;
  const { name, inputs, outputs } = factor;
  if (isQuantized(context, name)) return integerProduct(context, factor, x, named);
  const weights = await store(`${name}.weight`, [outputs, inputs], factor.weights);
  const bias = await store(`${name}.bias`, [outputs], factor.bias);
  return graph.node('Gemm', [x, weights, bias], { transB: 1 }, named);
}

/** TensorProto.FLOAT */
const FLOAT = 1;

/**
 * Rows of a parameter [rows, size] by index: [n, size] for n indices in any shape. A quantized graph has the table in
 * half precision: as bytes it would take from the answers as much as all layers together.
 */
export async function parameterRows(context: Context, name: string, indices: Value): Promise<Value> {
  const { graph, store, weights, quantization } = context;
  const flat = graph.node('Reshape', [indices, graph.ints([-1])]);
  if (!quantization) return graph.node('Gather', [await parameter(context, name), flat]);
  const halves = async () => toHalves(await weights.read(name));
  const table = await store(`${name}.half`, weights.shape(name), halves);
  return graph.node('Cast', [graph.node('Gather', [table, flat])], { to: FLOAT });
}
