import { type NumberColumn, numberColumn } from '../columns.js';
import { mean } from '../means.js';
import type { Kind, Measure } from '../metric.js';
import { isNumber, shown, unfit } from '../prediction.js';
import { pearson, spearman } from './correlation.js';

export interface ValueColumns {
  expected: NumberColumn;
  predicted: NumberColumn;
}

/** One number an example. */
export const regression: Kind = {
  defaults: ['pearson', 'spearman', 'mse'],
  allowed: ['pearson', 'spearman', 'mse'],

  create: () => {
    const columns: ValueColumns = { expected: numberColumn(), predicted: numberColumn() };
    return {
      columns: { ...columns },

      add: (expected, output) => {
        if (!isNumber(expected)) throw unfit(`A number was expected, not ${shown(expected)}.`);
        const predicted = 'value' in output ? output.value : undefined;
        if (!isNumber(predicted))
          throw unfit(`A prediction of one number was expected, not ${shown(output)}.`);
        columns.expected.push(expected);
        columns.predicted.push(predicted);
        return { correct: null, loss: (predicted - expected) ** 2 };
      },

      measure: (metric) => measureValues(columns, metric),
      details: () => ({}),
    };
  },
};

/** `pearson`, `spearman` or `mse`. */
export function measureValues(columns: ValueColumns, metric: string): Measure {
  const expected = columns.expected.values;
  const predicted = columns.predicted.values;
  if (metric === 'pearson') return pearson(expected, predicted);
  if (metric === 'spearman') return spearman(expected, predicted);
  return mean(expected.map((value, i) => (predicted[i]! - value) ** 2));
}
