import { HeddleError, type OutputDifference } from '@heddle/contracts';
import type { OutputTensor } from '@heddle/runtime';

/** Values of one sequence of a batch: those of its real tokens where the output has one for every token. */
export function valuesOf(output: OutputTensor, row: number, tokens: readonly number[]): Float32Array {
  const { data, dims, axes } = output;
  // One entry for every position that was asked for; probes ask one sequence at a time.
  if (axes[0] === 'positions') return data;
  const perRow = data.length / dims[0]!;
  const own = data.subarray(row * perRow, (row + 1) * perRow);
  if (axes[1] !== 'sequence') return own;
  const perToken = perRow / dims[1]!;
  return Float32Array.from(
    tokens.flatMap((token) => [...own.subarray(token * perToken, (token + 1) * perToken)]),
  );
}

/** Throws `model-nonfinite`. */
export function assertFinite(name: string, values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  throw new HeddleError('model-nonfinite', `The output ${name} holds numbers that are not finite.`);
}

/**
 * How far an output is from what it should be. Float32 errs in proportion to the values that are added up, so the
 * tolerance grows with the largest of them.
 */
export function difference(
  output: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  relativeTolerance: number,
): OutputDifference {
  let largest = 0;
  let furthest = 0;
  for (let i = 0; i < want.length; i++) {
    largest = Math.max(largest, Math.abs(want[i]!));
    furthest = Math.max(furthest, Math.abs(got[i]! - want[i]!));
  }
  return {
    output,
    max_abs_difference: furthest,
    max_abs_value: largest,
    tolerance: relativeTolerance * Math.max(1, largest),
  };
}
