import type { Value } from '@heddle/onnx';
import type { RelativeAttention } from '../config/model-config.js';
import type { Weights } from '../weights/weights.js';
import type { Context } from './context.js';
import { multiplyTransposed } from './matrix.js';
import { scale } from './projections.js';

/** A layer's projected tables; null for a term the model lacks. */
export interface PositionTables<Table> {
  keys: Table | null;
  queries: Table | null;
}

type Store<Table> = (
  name: Value,
  dims: readonly number[],
  values: () => Promise<Float32Array>,
) => Promise<Table>;

/** The table of relative embeddings, normalised if the model does so. Row-major [2·span, H]. */
export async function readRelativeTable(
  weights: Weights,
  { normalized }: RelativeAttention,
  eps: number,
): Promise<Float64Array> {
  const table = Float64Array.from(await weights.read('encoder.rel_embeddings.weight'));
  if (!normalized) return table;
  const factor = await weights.read('encoder.LayerNorm.weight');
  const shift = await weights.read('encoder.LayerNorm.bias');
  for (let row = 0; row < table.length; row += factor.length) {
    normalize(table.subarray(row, row + factor.length), factor, shift, eps);
  }
  return table;
}

/**
 * Folds the projections of relative positions into constants: PK = Rel·W_kᵀ + b_k and PQ = (Rel·W_qᵀ + b_q) / scale
 * have no input but weights, so computing them here, once and in float64, gives what every forward pass would. The
 * bias of PK adds q_i·b_k to a whole row of scores, which the softmax does not see; it stays because the content to
 * position term is an answer of its own. Tables are [h, 2·span, d].
 */
export function positionTables(context: Context, layer: string): Promise<PositionTables<Value>> {
  return tablesOf(context, layer, context.store);
}

/** The same, a table [2·span, d] for every head. */
export function positionTablesByHead(context: Context, layer: string): Promise<PositionTables<Value[]>> {
  return tablesOf(context, layer, context.storeEntries);
}

async function tablesOf<Table>(
  context: Context,
  layer: string,
  store: Store<Table>,
): Promise<PositionTables<Table>> {
  const { relative } = context.config.attention;
  if (relative === null) return { keys: null, queries: null };
  const { contentToPosition, positionToContent, shareKey } = relative;
  const fused = context.config.family === 'deberta-v1';
  const key = fused ? 'pos_proj' : shareKey ? 'key_proj' : 'pos_key_proj';
  const query = fused ? 'pos_q_proj' : shareKey ? 'query_proj' : 'pos_query_proj';
  return {
    keys: contentToPosition ? await project(context, store, layer, key, 1, 'position_keys') : null,
    queries: positionToContent
      ? await project(context, store, layer, query, scale(context.config), 'position_queries')
      : null,
  };
}

function project<Table>(
  context: Context,
  store: Store<Table>,
  layer: string,
  projection: string,
  divisor: number,
  as: string,
): Promise<Table> {
  const { weights, config } = context;
  const { hiddenSize, attentionHeads } = config;
  const self = `${layer}.attention.self`;
  const rows = 2 * config.attention.relative!.span;
  return store(`${self}.${as}`, [attentionHeads, rows, hiddenSize / attentionHeads], async () => {
    const weight = await weights.read(`${self}.${projection}.weight`);
    // v1 projects relative keys without a bias.
    const bias =
      projection === 'pos_proj'
        ? new Float32Array(hiddenSize)
        : await weights.read(`${self}.${projection}.bias`);
    const product = multiplyTransposed(await context.relativeTable(), weight, hiddenSize);
    return byHead(product, bias, divisor, attentionHeads);
  });
}

/** (product + bias) / divisor, from [rows, H] to [heads, rows, H / heads]. */
function byHead(product: Float64Array, bias: Float32Array, divisor: number, heads: number): Float32Array {
  const hidden = bias.length;
  const rows = product.length / hidden;
  const size = hidden / heads;
  const result = new Float32Array(product.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < hidden; column++) {
      const head = Math.floor(column / size);
      const value = product[row * hidden + column]! + bias[column]!;
      result[(head * rows + row) * size + (column % size)] = value / divisor;
    }
  }
  return result;
}

function normalize(row: Float64Array, factor: Float32Array, shift: Float32Array, eps: number): void {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  const deviation = Math.sqrt(variance + eps);
  for (let i = 0; i < row.length; i++) row[i] = ((row[i]! - mean) / deviation) * factor[i]! + shift[i]!;
}
