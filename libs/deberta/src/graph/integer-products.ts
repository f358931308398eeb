import type { Value } from '@heddle/onnx';
import { quantizeOutputs } from '../weights/quantize.js';
import { layerNumber } from '../weights/tensor-shapes.js';
import type { Context, Known } from './context.js';
import type { Factor } from './factor.js';
import { lazily } from './lazily.js';
import { isSplit } from './split-layer.js';

/** Activations are unsigned bytes around a zero. */
interface Grid {
  zero: number;
  /** Steps from zero to the largest value. */
  steps: number;
}
const SYMMETRIC: Grid = { zero: 128, steps: 127 };
/** For what is never far below zero: nearly twice as many steps above it. */
const BOUNDED: Grid = { zero: 16, steps: 239 };
/** Rows are divided by no less than this, so that a row of zeros stays one. */
const SMALLEST_ROW = 1e-30;
/** Of a channel that calibration found to be zero. */
const SMALLEST_RANGE = 1e-6;

/** A value whose channels were divided by their ranges, which calibration calls `name`. */
interface Divided {
  value: Value;
  name: string;
  ranges: Float32Array;
}

interface Named {
  output?: Value;
}

export function isQuantized({ quantization }: Context, name: string): boolean {
  const layer = layerNumber(name);
  return quantization !== null && layer !== null && quantization.layers.has(layer);
}

/** x [m, inputs] → x·Wᵀ + b [m, outputs] of int8 weights with a scale for each output. */
export async function integerProduct(
  context: Context,
  factor: Factor,
  x: Value,
  named: Named,
): Promise<Value> {
  const known = context.known.get(x);
  if (known?.kind === 'norm') {
    const ranges = context.quantization!.ranges?.get(known.name);
    // Few rows, of which calibration sees as few: a scale for each costs nothing there.
    const ofChosenRows = isSplit(context, layerNumber(known.name) ?? -1);
    if (ranges && !ofChosenRows) {
      const divided = { value: await divide(context, x, known.name, ranges), name: known.name, ranges };
      return calibratedProduct(context, factor, divided, named);
    }
  }
  return rowProduct(context, factor, x, known, named);
}

/**
 * With a scale for each row of x: its largest magnitude becomes the largest integer. So no row depends on its
 * neighbours, and no calibration is needed.
 */
async function rowProduct(
  context: Context,
  factor: Factor,
  x: Value,
  known: Known | undefined,
  named: Named,
): Promise<Value> {
  const { graph, store } = context;
  const below = known?.kind === 'bounded' ? known.below : null;
  const { zero, steps } = below === null ? SYMMETRIC : BOUNDED;
  const last = graph.ints([-1]);
  const above = graph.node('ReduceMax', [x, last], { keepdims: 0 });
  const smallest = graph.float(Math.max(((below ?? 0) * steps) / zero, SMALLEST_ROW));
  const candidates = [above, smallest];
  if (below === null)
    candidates.push(graph.node('Neg', [graph.node('ReduceMin', [x, last], { keepdims: 0 })]));
  const scales = graph.node('Mul', [graph.node('Max', candidates), graph.float(1 / steps)]);
  const zeros = graph.node('Expand', [graph.bytes('uint8', [zero]), graph.node('Shape', [scales])]);
  const products = await multiply(
    context,
    factor,
    { of: 'rows', read: factor.weights },
    {
      values: graph.node('QuantizeLinear', [x, scales, zeros], { axis: 0 }),
      scale: graph.float(1),
      zero,
    },
  );
  const scaled = graph.node('Mul', [products, graph.node('Unsqueeze', [scales, graph.ints([1])])]);
  const bias = await store(biasName(factor), [factor.outputs], factor.bias);
  return graph.node('Add', [scaled, bias], {}, named);
}

/**
 * Of channels that keep to ranges calibration saw, and were divided by them: the weights are multiplied by the ranges
 * in turn. So one scale serves all rows, channels that are far larger than others take nothing from them, and the
 * product adds the bias itself.
 */
async function calibratedProduct(
  context: Context,
  factor: Factor,
  { value, name, ranges }: Divided,
  named: Named,
): Promise<Value> {
  const { graph, store } = context;
  const { zero, steps } = SYMMETRIC;
  const scale = graph.float(1 / steps);
  const values = graph.node('QuantizeLinear', [value, scale, graph.bytes('uint8', [zero], [])]);
  const weights = async () => {
    const read = await factor.weights();
    for (let i = 0; i < read.length; i++) {
      read[i] = read[i]! * Math.max(ranges[i % factor.inputs]!, SMALLEST_RANGE);
    }
    return read;
  };
  const bias = await store(biasName(factor), [factor.outputs], factor.bias);
  // The mask decoder multiplies the same weights with what has no ranges, too.
  return multiply(context, factor, { of: name, read: weights }, { values, scale, zero }, { bias, ...named });
}

/** Every channel divided by its range. */
async function divide(
  { graph, store }: Context,
  x: Value,
  name: string,
  ranges: Float32Array,
): Promise<Value> {
  const inverse = async () => ranges.map((range) => 1 / Math.max(range, SMALLEST_RANGE));
  return graph.node('Mul', [x, await store(`${name}.inverse_ranges`, [ranges.length], inverse)]);
}

/** Graphs over the same weights may have the product in float32 too, whose bias is not folded. */
function biasName({ name }: Factor): string {
  return `${name}.bias.int8`;
}

async function multiply(
  { graph, store }: Context,
  { name, inputs, outputs }: Factor,
  weights: { of: string; read: () => Promise<Float32Array> },
  x: { values: Value; scale: Value; zero: number },
  { bias, ...named }: Named & { bias?: Value } = {},
): Promise<Value> {
  const quantize = lazily(async () => quantizeOutputs(await weights.read(), outputs));
  const operands = [
    x.values,
    await store(
      `${name}.weight.int8.${weights.of}`,
      [inputs, outputs],
      async () => (await quantize()).values,
    ),
    x.scale,
    await store(`${name}.weight.scales.${weights.of}`, [outputs], async () => (await quantize()).scales),
    graph.bytes('uint8', [x.zero], []),
  ];
  if (bias) operands.push('', bias);
  return graph.node('MatMulIntegerToFloat', operands, {}, { domain: 'com.microsoft', ...named });
}
