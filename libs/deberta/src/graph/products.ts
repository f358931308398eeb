import { toHalves, type Value } from '@heddle/onnx';
import { quantizeRows } from '../weights/quantize.js';
import { type Context, type Named, parameter } from './context.js';
import type { Factor } from './factor.js';
import { integerProduct, isQuantized } from './integer-products.js';
import { lazily } from './lazily.js';

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
 * Rows of a parameter [rows, size] by index: [n, size] for n indices in any shape. A quantized graph has the table as
 * bytes or as halves, and makes float32 of no more rows than it takes.
 */
export async function parameterRows(context: Context, name: string, indices: Value): Promise<Value> {
  const { graph, store, weights, quantization } = context;
  const flat = graph.node('Reshape', [indices, graph.ints([-1])]);
  if (!quantization) return graph.node('Gather', [await parameter(context, name), flat]);
  const shape = weights.shape(name);
  if (quantization.table === 'fp16') {
    const halves = await store(`${name}.half`, shape, async () => toHalves(await weights.read(name)));
    return graph.node('Cast', [graph.node('Gather', [halves, flat])], { to: FLOAT });
  }
  const rows = shape[0]!;
  const quantize = lazily(async () => quantizeRows(await weights.read(name), rows));
  const bytes = await store(`${name}.int8`, shape, async () => (await quantize()).values);
  const scales = await store(`${name}.scales`, [rows], async () => (await quantize()).scales);
  const taken = [bytes, scales].map((table) => graph.node('Gather', [table, flat]));
  return graph.node('DequantizeLinear', taken, { axis: 0 });
}
