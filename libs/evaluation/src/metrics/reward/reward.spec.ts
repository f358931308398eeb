import { describe, expect, it } from 'vitest';
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';

const fill = (examples: [group: string, expected: number, score: number][], metrics?: string[]) => {
  const accumulator = createAccumulator({ task: 'score', ...(metrics && { metrics }) });
  examples.forEach(([group, expected, score], index) => {
    accumulator.add({ index, expected, predicted: { score }, group });
  });
  return accumulator;
};

describe('pairwise accuracy', () => {
  const of = (examples: [string, number, number][]) =>
    fill(examples).measure('pairwise_accuracy')(allOnce(examples.length));

  it('is the share of pairs whose preferred response has the higher score, equal scores being wrong', () => {
    const pairs: [string, number, number][] = [
      ['a', 1, 2.5],
      ['b', 0, 0.5],
      ['a', 0, -1],
      ['b', 1, 0.5],
      ['c', 0, 0.1],
      ['c', 1, 0.2],
      ['d', 0, 9],
      ['d', 1, 8],
    ];
    expect(of(pairs)).toBe(0.5);
  });

  it('compares all of a group, but those that are expected to be equal', () => {
    const group: [string, number, number][] = [
      ['a', 3, 0.9],
      ['a', 2, 0.1],
      ['a', 2, 0.7],
      ['a', 1, 0.5],
    ];
    expect(of(group)).toBe(4 / 5);
  });

  it('is not defined without pairs', () => {
    const reason = 'no group has examples of different expected values';
    expect(
      of([
        ['', 1, 2],
        ['', 0, 1],
      ]),
    ).toEqual({ reason });
    expect(
      of([
        ['a', 1, 2],
        ['a', 1, 1],
        ['b', 0, 1],
      ]),
    ).toEqual({ reason });
  });

  it('leaves out pairs of which a slice holds one', () => {
    const accumulator = fill([
      ['a', 1, 2],
      ['a', 0, 1],
      ['b', 1, 1],
      ['b', 0, 2],
    ]);
    const measure = accumulator.measure('pairwise_accuracy');
    expect(measure(Uint32Array.from([1, 1, 1, 0]))).toBe(1);
    expect(measure(Uint32Array.from([1, 0, 0, 1]))).toHaveProperty('reason');
  });

  it('is refused for groups that have too many pairs', () => {
    const group = Array.from({ length: 101 }, (_, i): [string, number, number] => ['a', i, i]);
    expect(of(group.slice(1))).toBe(1);
    expect(() => of(group)).toThrow(
      'pairwise_accuracy compares at most 100 examples of one group; one has more.',
    );
  });
});

describe('scores', () => {
  it('are correlated as values are', () => {
    const accumulator = fill(
      [
        ['', 1, 10],
        ['', 2, 20],
        ['', 3, 40],
      ],
      ['spearman', 'mse'],
    );
    expect(accumulator.measure('spearman')(allOnce(3))).toBeCloseTo(1, 12);
    expect(accumulator.measure('mse')(allOnce(3))).toBeCloseTo((81 + 324 + 1369) / 3, 9);
  });
});
