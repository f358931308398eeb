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
  const tally: Tally = {
    expected: new Float64Array(labels),
    predicted: new Float64Array(labels),
    right: new Float64Array(labels),
  };
  return (weights) => {
    tally.expected.fill(0);
    tally.predicted.fill(0);
    tally.right.fill(0);
    for (let i = 0; i < expected.length; i++) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      const label = expected[i]!;
      const guess = predicted[i]!;
      tally.expected[label]! += weight;
      tally.predicted[guess]! += weight;
      if (label === guess) tally.right[label]! += weight;
    }
    return tally;
  };
}

export const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
