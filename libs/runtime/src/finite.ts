import type { ForwardInput, ForwardOutput, OutputTensor } from './session.js';

/**
 * Rows of the batch with a NaN or an infinity in any output. Padding does not count: what stands there is
 * nobody's answer.
 */
export function nonFiniteRows(outputs: ForwardOutput, input: ForwardInput): number[] {
  const found = new Set<number>();
  for (const output of Object.values(outputs)) {
    for (const row of rowsOf(output, input)) found.add(row);
  }
  return [...found].sort((a, b) => a - b);
}

function* rowsOf({ data, dims, axes }: OutputTensor, input: ForwardInput): Generator<number> {
  const entries = dims[0]!;
  const size = data.length / entries;
  for (let entry = 0; entry < entries; entry++) {
    const values = data.subarray(entry * size, (entry + 1) * size);
    const row = axes[0] === 'positions' ? input.positions![entry * 2]! : entry;
    if (!areFinite(values, axes[1] === 'sequence' ? maskOf(row, input) : null)) yield row;
  }
}

function maskOf(row: number, { attentionMask, length }: ForwardInput): Uint8Array {
  return attentionMask.subarray(row * length, (row + 1) * length);
}

/** `mask` says which tokens count when `values` are token after token. */
function areFinite(values: Float32Array, mask: Uint8Array | null): boolean {
  const perToken = mask === null ? 0 : values.length / mask.length;
  // A loop: `every` takes five times as long, and the engine waits for it.
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]) && (mask === null || mask[Math.floor(i / perToken)] === 1)) return false;
  }
  return true;
}
