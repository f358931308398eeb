import { describe, expect, it } from 'vitest';
import references from '../__fixtures__/regression.json' with { type: 'json' };
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';

const fill = (expected: number[], predicted: number[]) => {
  const accumulator = createAccumulator({ task: 'text-classification', problemType: 'regression' });
  expected.forEach((value, index) => {
    accumulator.add({ index, expected: value, predicted: { value: predicted[index]! } });
  });
  return (metric: string) => accumulator.measure(metric)(allOnce(accumulator.size));
};

describe.each(Object.entries(references))('regression, %s', (_, { expected, predicted, metrics }) => {
  it.each(Object.entries(metrics))("has scipy's %s", (metric, value) => {
    expect(fill(expected, predicted)(metric)).toBeCloseTo(value, 9);
  });
});

describe('a correlation with a constant', () => {
  it('has a reason', () => {
    // 0.1 has a mean beside itself.
    expect(fill([0.1, 0.1, 0.1], [1, 2, 3])('pearson')).toEqual({
      reason: 'all expected values are the same',
    });
    expect(fill([1, 2, 3], [0.1, 0.1, 0.1])('spearman')).toEqual({
      reason: 'all predicted values are the same',
    });
    expect(fill([], [])('pearson')).toEqual({ reason: 'there are no examples' });
    expect(fill([], [])('mse')).toEqual({ reason: 'there are no examples' });
  });
});
