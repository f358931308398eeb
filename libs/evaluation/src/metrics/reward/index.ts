import { numberColumn } from '../columns.js';
import type { Kind, Measure } from '../metric.js';
import { isNumber, shown, unfit } from '../prediction.js';
import { measureValues } from '../regression/index.js';

/** Examples of one group: their pairs are as many as the square of it. */
export const MAX_GROUP = 100;

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
  const { members, starts } = membersOf(groups);
  return (weights) => {
    let right = 0;
    let count = 0;
    for (let group = 1; group + 1 < starts.length; group++) {
      for (let i = starts[group]!; i < starts[group + 1]!; i++) {
        const one = members[i]!;
        for (let j = starts[group]!; j < i; j++) {
          const other = members[j]!;
          if (expected[one] === expected[other]) continue;
          const [better, worse] = expected[one]! > expected[other]! ? [one, other] : [other, one];
          // The same for both, but where a slice holds one of them only.
          const weight = Math.min(weights[better]!, weights[worse]!);
          count += weight;
          if (scores[better]! > scores[worse]!) right += weight;
        }
      }
    }
    return count === 0 ? { reason: 'no group has examples of different expected values' } : right / count;
  };
}

/** Examples by group: those of group g are `members[starts[g]]` up to `starts[g + 1]`. */
function membersOf(groups: Uint32Array): { members: Uint32Array; starts: Uint32Array } {
  const count = groups.reduce((most, group) => Math.max(most, group), 0) + 1;
  const starts = new Uint32Array(count + 1);
  for (const group of groups) starts[group + 1]!++;
  for (let group = 1; group <= count; group++) {
    if (group > 1 && starts[group]! > MAX_GROUP)
      throw unfit(`pairwise_accuracy compares at most ${MAX_GROUP} examples of one group; one has more.`);
    starts[group]! += starts[group - 1]!;
  }
  const members = new Uint32Array(groups.length);
  const filled = starts.slice();
  for (let i = 0; i < groups.length; i++) members[filled[groups[i]!]!++] = i;
  return { members, starts };
}
