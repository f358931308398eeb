import fc from 'fast-check';
import { expect, it } from 'vitest';
import { merged, type Span } from './entities.js';
import { logSumExp, softmax, topIndices } from './scores.js';

it('the largest values come first, equal ones in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.nat(12), (values, count) => {
      const sorted = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
      expect(topIndices(values, count)).toEqual(sorted.slice(0, count));
    }),
  );
});

it('sums of exponentials do not overflow', () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 9);
  expect(logSumExp([-1e4, 0])).toBe(0);
  expect(softmax([5000, 5000])).toEqual([0.5, 0.5]);
});

it('of entities that overlap the longer stays, of equally long ones the surer', () => {
  const span = (start: number, end: number, score = 0.5): Span => ({
    label: 'X',
    score,
    start,
    end,
    words: [],
  });
  const bounds = (spans: Span[]) => merged(spans).map(({ start, end, score }) => [start, end, score]);
  expect(bounds([span(5, 9), span(0, 3), span(3, 5)])).toEqual([
    [0, 3, 0.5],
    [3, 5, 0.5],
    [5, 9, 0.5],
  ]);
  expect(bounds([span(0, 3, 0.9), span(1, 7, 0.2)])).toEqual([[1, 7, 0.2]]);
  expect(bounds([span(0, 3, 0.6), span(1, 4, 0.7)])).toEqual([[1, 4, 0.7]]);
  expect(bounds([span(0, 3, 0.7), span(1, 4, 0.7)])).toEqual([[0, 3, 0.7]]);
  expect(bounds([span(0, 9), span(1, 3), span(4, 6)])).toEqual([[0, 9, 0.5]]);
  expect(bounds([])).toEqual([]);
});
