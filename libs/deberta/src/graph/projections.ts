import type { Value } from '@heddle/onnx';
import type { ModelConfig } from '../config/model-config.js';
import type { Context } from './context.js';
import { product } from './products.js';

export type Part = 'query' | 'key' | 'value';
/** Where a part stands in v1's in_proj. */
const FUSED_ORDER: Record<Part, number> = { query: 0, key: 1, value: 2 };
/** v1 knows no bias of the keys. */
const FUSED_BIAS: Record<Part, string | null> = { query: 'q_bias', key: null, value: 'v_bias' };

/** Every score is divided by sqrt(d · scaleFactor). */
export function scale({ hiddenSize, attentionHeads, attention }: ModelConfig): number {
  return Math.sqrt((hiddenSize / attentionHeads) * attention.scaleFactor);
}

/**
 * x [m, H] → [m, parts·H] in one product. The bias of the values stays in it: folding W_o·b_v into the bias after
 * attention would spare nothing, and would be wrong where talking heads make rows of probabilities sum to
 * anything but 1.
 */
export function project(context: Context, layer: string, x: Value, parts: Part[]): Promise<Value> {
  const { hiddenSize } = context.config;
  const factor = {
    name: `${layer}.attention.self.${parts.join('_')}`,
    inputs: hiddenSize,
    outputs: parts.length * hiddenSize,
    weights: () => stack(parts, (part) => partWeights(context, layer, part)),
    bias: () => stack(parts, (part) => partBias(context, layer, part)),
  };
  return product(context, factor, x);
}

/** The tensors of the parts one after another. */
async function stack(parts: Part[], read: (part: Part) => Promise<Float32Array>): Promise<Float32Array> {
  const [first, ...rest] = parts;
  const start = await read(first!);
  if (rest.length === 0) return start;
  const stacked = new Float32Array(parts.length * start.length);
  stacked.set(start);
  for (const [index, part] of rest.entries()) stacked.set(await read(part), (index + 1) * start.length);
  return stacked;
}

/**
 * Divides the query's weights and bias by the scale instead of every score: all three terms of a score are
 * linear in the query or in PQ, and PQ is divided when it is folded (tables.ts).
 */
function fold(config: ModelConfig, part: Part, values: Float32Array): Float32Array {
  if (part !== 'query') return values;
  const divisor = scale(config);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / divisor;
  return values;
}

async function partWeights(context: Context, layer: string, part: Part): Promise<Float32Array> {
  return fold(context.config, part, await readWeights(context, layer, part));
}

async function partBias(context: Context, layer: string, part: Part): Promise<Float32Array> {
  return fold(context.config, part, await readBias(context, layer, part));
}

async function readWeights({ config, weights }: Context, layer: string, part: Part): Promise<Float32Array> {
  const self = `${layer}.attention.self`;
  if (config.family !== 'deberta-v1') return weights.read(`${self}.${part}_proj.weight`);
  return separate(await weights.read(`${self}.in_proj.weight`), FUSED_ORDER[part], config);
}

async function readBias({ config, weights }: Context, layer: string, part: Part): Promise<Float32Array> {
  const self = `${layer}.attention.self`;
  if (config.family !== 'deberta-v1') return weights.read(`${self}.${part}_proj.bias`);
  const name = FUSED_BIAS[part];
  return name === null ? new Float32Array(config.hiddenSize) : weights.read(`${self}.${name}`);
}

/**
 * One part of v1's in_proj [3·H, H], whose rows are interleaved by head: head a has d rows of the query, then d of
 * the key, then d of the value (transformers modeling_deberta.py views it as [heads, 3·d]). → [H, H]
 */
function separate(
  fused: Float32Array,
  part: number,
  { hiddenSize, attentionHeads }: ModelConfig,
): Float32Array {
  const perHead = (hiddenSize / attentionHeads) * hiddenSize;
  const result = new Float32Array(hiddenSize * hiddenSize);
  for (let head = 0; head < attentionHeads; head++) {
    const start = (3 * head + part) * perHead;
    result.set(fused.subarray(start, start + perHead), head * perHead);
  }
  return result;
}
