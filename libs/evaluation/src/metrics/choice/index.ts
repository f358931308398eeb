import type { MultipleChoiceOutput } from '@heddle/contracts';
import { isDistribution, logLoss } from '../classification/probabilities.js';
import { countColumn, numberColumn } from '../columns.js';
import { mean } from '../means.js';
import type { Kind } from '../metric.js';
import { isIndex, isListOf, shown, unfit } from '../prediction.js';

/** One choice of some. */
export const choice: Kind = {
  defaults: ['accuracy', 'log_loss'],
  allowed: ['accuracy', 'log_loss'],

  create: () => {
    /** `loss` is NaN where scores are no probabilities. */
    const columns = { right: countColumn(), loss: numberColumn() };
    return {
      columns,

      add: (expected, predicted) => {
        if (!('choices' in predicted)) throw unfit(`A choice was expected, not ${shown(predicted)}.`);
        const { choices, best } = predicted as MultipleChoiceOutput;
        const right = rightChoices(expected, choices.length);
        const scores = choices.map(({ score }) => score);
        const probability = right.reduce((sum, index) => sum + scores[index]!, 0);
        const loss = isDistribution(scores) ? logLoss(probability) : Number.NaN;
        columns.right.push(Number(right.includes(best)));
        columns.loss.push(loss);
        return { correct: right.includes(best), loss: Number.isNaN(loss) ? null : loss };
      },

      measure: (metric) => {
        if (metric === 'accuracy') return mean(columns.right.values);
        return mean(columns.loss.values, 'the scores are not probabilities');
      },
      details: () => ({}),
    };
  },
};

/** At least one, each once. */
function rightChoices(expected: unknown, choices: number): number[] {
  const right = isIndex(expected) ? [expected] : expected;
  if (isListOf(right, isIndex) && right.length > 0 && right.every((one) => one < choices)) {
    return [...new Set(right)];
  }
  throw unfit(`The index of one of ${choices} choices was expected, not ${shown(expected)}.`);
}
