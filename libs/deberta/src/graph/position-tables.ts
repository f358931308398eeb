import type { RelativeAttention } from '../config/model-config.js';
import type { Weights } from './weights.js';

/** The table of relative embeddings, normalised if the model does so. Row-major [2·span, H]. */
export async function readRelativeTable(
  weights: Weights,
  relative: RelativeAttention,
  eps: number,
): Promise<Float64Array> {
  const table = Float64Array.from(await weights.read('encoder.rel_embeddings.weight'));
  if (!relative.normalized) return table;
  const scale = await weights.read('encoder.LayerNorm.weight');
  const shift = await weights.read('encoder.LayerNorm.bias');
  for (let row = 0; row < table.length; row += scale.length) {
    normalize(table.subarray(row, row + scale.length), scale, shift, eps);
  }
  return table;
}

export interface Projection {
  /** [H, H] */
  weight: Float32Array;
  /** [H] */
  bias: Float32Array;
  /** The result is divided by it. */
  divisor: number;
  heads: number;
}

/**
 * (table·Wᵀ + b) / divisor, head by head: [heads, rows, H / heads]. It depends on weights only, so it is
 * computed here once instead of in every forward pass; in float64, rounded once.
 */
export function projectTable(table: Float64Array, projection: Projection): Float32Array {
  const { weight, bias, divisor, heads } = projection;
  const hidden = bias.length;
  const rows = table.length / hidden;
  const headSize = hidden / heads;
  const result = new Float32Array(rows * hidden);
  for (let column = 0; column < hidden; column++) {
    const w = Float64Array.from(weight.subarray(column * hidden, (column + 1) * hidden));
    const head = Math.floor(column / headSize);
    const first = head * rows * headSize + (column % headSize);
    // Two rows at a time, the table has 2·span: each weight is loaded once for both.
    for (let row = 0; row < rows; row += 2) {
      const even = row * hidden;
      const odd = even + hidden;
      let evenSum = bias[column]!;
      let oddSum = bias[column]!;
      for (let k = 0; k < hidden; k++) {
        evenSum += table[even + k]! * w[k]!;
        oddSum += table[odd + k]! * w[k]!;
      }
      result[first + row * headSize] = evenSum / divisor;
      result[first + (row + 1) * headSize] = oddSum / divisor;
    }
  }
  return result;
}

function normalize(row: Float64Array, scale: Float32Array, shift: Float32Array, eps: number): void {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  const deviation = Math.sqrt(variance + eps);
  for (let i = 0; i < row.length; i++) row[i] = ((row[i]! - mean) / deviation) * scale[i]! + shift[i]!;
}
