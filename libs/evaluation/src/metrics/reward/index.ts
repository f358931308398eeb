import { numberColumn } from '../columns.js';
import type { Kind, Measure } from '../metric.js';
import { isNumber, shown, unfit } from '../prediction.js';
import { measureValues } from '../regression/index.js';

/** Examples of one group: their pairs are as many as the square of it. */
const MAX_GROUP = 100;

/** Scores of responses, compared within the group of one prompt. */
export const reward: Kind = {
  defaults: ['pairwise_accuracy'],
  allowed: ['pairwise_accuracy', 'pearson', 'spearman', 'mse'],

  create: ({ metrics }, groups) => {
    const columns = { expected: numberColumn(), predicted: numberColumn() };
    return {
      columns,

      add: (expected, predicted) => {
        if (!isNumber(expected)) throw unfit(`A number was expected, not ${shown(expected)}.`);
        const score = 'score' in predicted ? predicted.score : undefined;
        if (!isNumber(score)) throw unfit(`A prediction of a score was expected, not ${shown(predicted)}.`);
        columns.expected.push(expected);
        columns.predicted.push(score);
        return { correct: null, loss: metrics.includes('mse') ? (score - expected) ** 2 : null };
      },

      measure: (metric) => {
        if (metric !== 'pairwise_accuracy') return measureValues(columns, metric);
        return pairwiseAccuracy(columns.expected.values, columns.predicted.values, groups.values);
      },
      details: () => ({}),
    };
  },
};

/**
 * The share of pairs of one group, of different expected values, whose higher one has the higher score; equal scores are
 * wrong (as RewardBench counts chosen and rejected). `groups`: 0 for an example without one.
 */
function pairwiseAccuracy(expected: Float64Array, scores: Float64Array, groups: Uint32Array): Measure {
  const pairs = pairsOf(expected, groups);
  return (weights) => {
    let right = 0;
    let count = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const better = pairs[i]!;
      const worse = pairs[i + 1]!;
      // The same for both, but where a slice holds one of them only.
      const weight = Math.min(weights[better]!, weights[worse]!);
      count += weight;
      if (scores[better]! > scores[worse]!) right += weight;
    }
    return count === 0 ? { reason: 'no group has examples of different expected values' } : right / count;
  };
}

/** Pairs of examples, the better one first. */
function pairsOf(expected: Float64Array, groups: Uint32Array): number[] {
  const members = new Map<number, number[]>();
  const pairs: number[] = [];
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] === 0) continue;
    const group = members.get(groups[i]!) ?? [];
    if (group.length === MAX_GROUP) {
      throw unfit(`pairwise_accuracy compares at most ${MAX_GROUP} examples of one group; one has more.`);
    }
    for (const other of group) {
      if (expected[other]! > expected[i]!) pairs.push(other, i);
      if (expected[other]! < expected[i]!) pairs.push(i, other);
    }
    group.push(i);
    members.set(groups[i]!, group);
  }
  return pairs;
}
