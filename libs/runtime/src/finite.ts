import type { ForwardInput } from './session.js';

/**
 * Rows of `logits` ([batch, labels] or [batch, length, labels]) with a NaN or an infinity. Padding does not
 * count: what stands there is nobody's answer.
 */
export function nonFiniteRows(logits: Float32Array, shape: number[], input: ForwardInput): number[] {
  const [batch, second, third] = shape as [number, number, number?];
  const tokens = third === undefined ? 1 : second;
  const labels = third ?? second;
  const rows: number[] = [];
  for (let row = 0; row < batch; row++) {
    if (!isRowFinite(row)) rows.push(row);
  }
  return rows;

  function isRowFinite(row: number): boolean {
    for (let token = 0; token < tokens; token++) {
      if (third !== undefined && input.attentionMask[row * input.length + token] === 0) continue;
      const start = (row * tokens + token) * labels;
      for (let i = start; i < start + labels; i++) if (!Number.isFinite(logits[i])) return false;
    }
    return true;
  }
}
