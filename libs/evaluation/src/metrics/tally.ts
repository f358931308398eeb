import type { Weights } from './metric.js';

/** How many examples of each label were expected, predicted, and both. */
export interface Tally {
  expected: Float64Array;
  predicted: Float64Array;
  right: Float64Array;
}

/** Counts over weighted examples; the returned arrays are used again by the next call. */
export function tallier(
  expected: Uint32Array,
  predicted: Uint32Array,
  labels: number,
): (weights: Weights) => Tally {
  const wanted = new Float64Array(labels);
  const guessed = new Float64Array(labels);
  const right = new Float64Array(labels);
  return (weights) => {
    wanted.fill(0);
    guessed.fill(0);
    right.fill(0);
    for (let i = 0; i < expected.length; i++) {
      const weight = weights[i]!;
      const label = expected[i]!;
      const guess = predicted[i]!;
      wanted[label]! += weight;
      guessed[guess]! += weight;
      if (label === guess) right[label]! += weight;
    }
    return { expected: wanted, predicted: guessed, right };
  };
}

export const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
