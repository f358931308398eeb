import type { Value } from '@heddle/onnx';
import { quantizeOutputs, quantizeRows } from '../weights/quantize.js';
import { layerNumber } from '../weights/tensor-shapes.js';
import { type Context, parameter } from './context.js';
import { lazily } from './lazily.js';

/** The constant side of x·Wᵀ + b. */
export interface Factor {
  /** Of the stored tensors: `<name>.weight`, `<name>.bias`. */
  name: string;
  inputs: number;
  outputs: number;
  /** [outputs, inputs] */
  weights: () => Promise<Float32Array>;
  /** [outputs] */
  bias: () => Promise<Float32Array>;
}

/** Rows are divided by no less than this, so that a row of zeros stays one. */
const SMALLEST_ROW = 1e-30;
/** Largest magnitude of a symmetric int8 value, and the zero of activations, which are unsigned. */
const MAX = 127;
const ZERO = 128;

/** x [n, inputs] → x·Wᵀ + b [n, outputs] with the parameters `name`. */
export function linear(context: Context, name: string, x: Value, output?: Value): Promise<Value> {
  const { weights } = context;
  const [outputs, inputs] = weights.shape(`${name}.weight`);
  const factor = {
    name,
    inputs: inputs!,
    outputs: outputs!,
    weights: () => weights.read(`${name}.weight`),
    bias: () => weights.read(`${name}.bias`),
  };
  return product(context, factor, x, output);
}

/** x [m, inputs] → x·Wᵀ + b [m, outputs]; as integers where the graph's precision says so for the layer. */
export async function product(context: Context, factor: Factor, x: Value, output?: Value): Promise<Value> {
  const { graph, store } = context;
  const { name, inputs, outputs } = factor;
  const bias = await store(`${name}.bias`, [outputs], factor.bias);
  const named = output === undefined ? {} : { output };
  if (isQuantized(context, name)) {
    const scaled = await integerProduct(context, factor, x);
    return graph.node('Add', [scaled, bias], {}, named);
  }
  const weights = await store(`${name}.weight`, [outputs, inputs], factor.weights);
  return graph.node('Gemm', [x, weights, bias], { transB: 1 }, named);
}

/**
 * x·Wᵀ of int8 weights with a scale for each output and activations with a scale for each row: the largest magnitude
 * of a row of x becomes 127. So no row depends on its neighbours, and no calibration is needed.
 */
async function integerProduct(context: Context, factor: Factor, x: Value): Promise<Value> {
  const { graph, store } = context;
  const { name, inputs, outputs } = factor;
  const last = graph.ints([-1]);
  const largest = graph.node('Max', [
    graph.node('ReduceMax', [x, last], { keepdims: 0 }),
    graph.node('Neg', [graph.node('ReduceMin', [x, last], { keepdims: 0 })]),
    graph.float(SMALLEST_ROW),
  ]);
  const scales = graph.node('Mul', [largest, graph.float(1 / MAX)]);
  const zeros = graph.node('Expand', [graph.bytes('uint8', [ZERO]), graph.node('Shape', [scales])]);
  const quantize = lazily(async () => quantizeOutputs(await factor.weights(), outputs));
  const products = graph.node(
    'MatMulIntegerToFloat',
    [
      graph.node('QuantizeLinear', [x, scales, zeros], { axis: 0 }),
      await store(`${name}.weight.int8`, [inputs, outputs], async () => (await quantize()).values),
      graph.float(1),
      await store(`${name}.weight.scales`, [outputs], async () => (await quantize()).scales),
      graph.bytes('uint8', [ZERO], []),
    ],
    {},
    { domain: 'com.microsoft' },
  );
  return graph.node('Mul', [products, graph.node('Unsqueeze', [scales, graph.ints([1])])]);
}

/** Rows of a parameter [rows, size] by index: [n, size] for n indices in any shape; a scale for each row as int8. */
export async function parameterRows(context: Context, name: string, indices: Value): Promise<Value> {
  const { graph, store, weights, quantization } = context;
  const flat = graph.node('Reshape', [indices, graph.ints([-1])]);
  if (!quantization) return graph.node('Gather', [await parameter(context, name), flat]);
  const shape = weights.shape(name);
  const quantize = lazily(async () => quantizeRows(await weights.read(name), shape[0]!));
  const values = await store(`${name}.int8`, shape, async () => (await quantize()).values);
  const scales = await store(`${name}.scales`, [shape[0]!], async () => (await quantize()).scales);
  const rows = [graph.node('Gather', [values, flat]), graph.node('Gather', [scales, flat])];
  return graph.node('DequantizeLinear', rows, { axis: 0 });
}

function isQuantized({ quantization }: Context, name: string): boolean {
  const layer = layerNumber(name);
  return quantization !== null && layer !== null && quantization.layers.has(layer);
}
