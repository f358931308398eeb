import type { MultipleChoiceOutput } from '@heddle/contracts';
import { overlap } from '../answers/overlap.js';
import { isDistribution, logLoss } from '../classification/probabilities.js';
import { countColumn, numberColumn } from '../columns.js';
import { type ExpectedChoice, isIndex, isListOf, isString, shown, unfit } from '../example.js';
import { mean } from '../means.js';
import type { Kind } from '../metric.js';

const NO_TEXTS = 'the expected choice of an example has no texts';

/** One choice of some; with the texts of the choices, how near the chosen one is to a right one (ReCoRD). */
export const choice: Kind = {
  defaults: ['accuracy', 'log_loss'],
  allowed: ['accuracy', 'log_loss', 'exact_match', 'f1'],

  create: () => {
    const columns = { right: countColumn(), loss: numberColumn(), exact: numberColumn(), f1: numberColumn() };
    return {
      columns,

      add: (expected, predicted) => {
        if (!('choices' in predicted)) throw unfit(`A choice was expected, not ${shown(predicted)}.`);
        const { choices, best } = predicted as MultipleChoiceOutput;
        const { right, texts } = expectedChoice(expected, choices.length);
        const { exact, f1 } = texts
          ? overlap(
              texts[best]!,
              right.map((index) => texts[index]!),
              1,
            )
          : { exact: Number.NaN, f1: Number.NaN };
        const scores = choices.map(({ score }) => score);
        const probability = right.reduce((sum, index) => sum + scores[index]!, 0);
        const loss = isDistribution(scores) ? logLoss(probability) : Number.NaN;
        columns.right.push(Number(right.includes(best)));
        columns.loss.push(loss);
        columns.exact.push(exact);
        columns.f1.push(f1);
        return { correct: right.includes(best), loss: Number.isNaN(loss) ? null : loss };
      },

      measure: (metric) => {
        if (metric === 'accuracy') return mean(columns.right.values);
        if (metric === 'log_loss') return mean(columns.loss.values, 'the scores are not probabilities');
        return mean(metric === 'f1' ? columns.f1.values : columns.exact.values, NO_TEXTS);
      },
      details: () => ({}),
    };
  },
};

/** The right choices, at least one, each once. */
function expectedChoice(expected: unknown, choices: number): { right: number[]; texts?: readonly string[] } {
  const { index, texts } = isObject(expected) ? expected : { index: expected, texts: undefined };
  const right = isIndex(index) ? [index] : index;
  if (!isListOf(right, isIndex) || right.length === 0 || right.some((one) => one >= choices)) {
    throw unfit(`The index of one of ${choices} choices was expected, not ${shown(expected)}.`);
  }
  if (texts === undefined) return { right: [...new Set(right)] };
  if (!isListOf(texts, isString) || texts.length !== choices) {
    throw unfit(`The texts of ${choices} choices were expected, not ${shown(texts)}.`);
  }
  return { right: [...new Set(right)], texts };
}

function isObject(expected: unknown): expected is ExpectedChoice {
  return typeof expected === 'object' && expected !== null && 'index' in expected;
}
