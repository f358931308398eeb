import { describe, expect, it } from 'vitest';
import references from '../__fixtures__/ranking.json' with { type: 'json' };
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';
import { trecOrder } from './order.js';

const metrics = Object.keys(references[0]!.metrics);

const results = (ranked: number[][]) => ({
  results: ranked.map(([index, score]) => ({ index: index!, score: score! })),
});

describe('a ranking', () => {
  it.each(metrics)("has trec_eval's %s, query by query and in the mean", (metric) => {
    const all = createAccumulator({ task: 'rerank', metrics });
    let sum = 0;
    references.forEach(({ ids, grades, missing, ranked, metrics: theirs }, index) => {
      const example = { index, expected: { ids, grades, missing }, predicted: results(ranked) };
      const one = createAccumulator({ task: 'rerank', metrics: [metric] });
      one.add(example);
      all.add(example);
      const value = theirs[metric as keyof typeof theirs];
      expect(one.measure(metric)(allOnce(1))).toBeCloseTo(value, 9);
      sum += value;
    });
    expect(all.measure(metric)(allOnce(all.size))).toBeCloseTo(sum / references.length, 9);
  });

  it('is the same whether missing documents are listed or counted', () => {
    const measured = (missing: number[] | Record<string, number>) => {
      const accumulator = createAccumulator({ task: 'rerank', metrics: ['ndcg@10', 'map', 'recall@10'] });
      const predicted = results([
        [1, 0.9],
        [0, 0.1],
      ]);
      accumulator.add({ index: 0, expected: { grades: [1, -1], missing }, predicted });
      return accumulator.metrics.map((metric) => accumulator.measure(metric)(allOnce(1)));
    };
    expect(measured({ 2: 3, 0.5: 2 })).toEqual(measured([2, 0.5, 2, 0.5, 2]));
  });

  it('without names has of equal scores the highest index first', () => {
    const documents = [9, 10, 2].map((index) => ({ index, score: 0.5 }));
    expect(trecOrder(documents)).toEqual([10, 9, 2]);
    const ids = Array.from({ length: 11 }, (_, i) => `d${i}`);
    expect(trecOrder(documents, ids)).toEqual([9, 2, 10]);
  });

  it('takes grades alone, and documents that were left out of the answer', () => {
    const accumulator = createAccumulator({ task: 'rerank', metrics: ['mrr', 'recall@2'] });
    const outcome = accumulator.add({ index: 0, expected: [0, 1, 1], predicted: results([[1, 0.9]]) });
    expect(outcome.correct).toBe(true);
    expect(accumulator.measure('mrr')(allOnce(1))).toBe(1);
    expect(accumulator.measure('recall@2')(allOnce(1))).toBe(0.5);
  });

  it('of a query without relevant documents counts as 0, and says nothing of the version', () => {
    const accumulator = createAccumulator({ task: 'rerank', metrics: ['mrr', 'ndcg@10'] });
    const outcome = accumulator.add({ index: 0, expected: [0, 0], predicted: results([[1, 0.9]]) });
    expect(outcome).toEqual({ correct: null, loss: null });
    expect(accumulator.measure('ndcg@10')(allOnce(1))).toBe(0);
  });

  it('is refused where documents and grades do not fit', () => {
    const accumulator = createAccumulator({ task: 'rerank' });
    const add = (expected: number[], ranked: number[][]) =>
      accumulator.add({ index: 0, expected, predicted: results(ranked) });
    expect(() => add([1], [[1, 0.5]])).toThrow(
      'Grades of 1 documents are expected, but document 1 is ranked.',
    );
    expect(() =>
      add(
        [1, 0],
        [
          [0, 0.5],
          [0, 0.4],
        ],
      ),
    ).toThrow('A document is ranked twice.');
    expect(() => add([Number.NaN], [[0, 0.5]])).toThrow('Grades of the documents were expected, not [null].');
    expect(accumulator.size).toBe(0);
  });
});
