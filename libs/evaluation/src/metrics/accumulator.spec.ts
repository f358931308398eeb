import { HeddleError, TASKS } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Accumulator, createAccumulator } from './accumulator.js';
import { type AccumulatorOptions, allOnce } from './metric.js';
import type { Prediction } from './prediction.js';
import { kindOf, METRICS_BY_TASK, metricsOf } from './tasks.js';

const labels = ['a', 'b', 'c'];
const number = fc.integer({ min: -5, max: 5 });
const share = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);
const entity = fc.record({ entity_group: fc.constantFrom('X', 'Y'), start: fc.nat(2), end: fc.nat(2) });
const words = fc.constantFrom('cat', 'the cat', 'dog', 'cat dog', '');

/** Some examples of every task; the place is added later. */
const KINDS: [string, AccumulatorOptions, fc.Arbitrary<Omit<Prediction, 'index'>>][] = [
  [
    'single-label',
    {
      task: 'text-classification',
      metrics: ['accuracy', 'macro_f1', 'mcc', 'log_loss', 'ece', 'exact_match'],
    },
    fc.record({
      expected: fc.constantFrom(...labels),
      predicted: fc
        .tuple(fc.constantFrom(...labels), share)
        .map(([label, score]) => ({ labels: [{ label, score }] })),
      group: fc.constantFrom('', 'g', 'h'),
    }),
  ],
  [
    'multi-label',
    { task: 'text-classification', problemType: 'multi_label_classification' },
    fc.record({
      expected: fc.subarray(labels),
      predicted: fc
        .tuple(share, share, share)
        .map((scores) => ({ labels: labels.map((label, i) => ({ label, score: scores[i]! })) })),
    }),
  ],
  [
    'regression',
    { task: 'text-classification', problemType: 'regression' },
    fc.record({ expected: number, predicted: number.map((value) => ({ value })) }),
  ],
  [
    'entities',
    { task: 'token-classification', metrics: ['seq_f1', 'seq_precision', 'seq_recall', 'seq_macro_f1'] },
    fc.record({
      expected: fc.array(entity, { maxLength: 4 }),
      predicted: fc
        .array(entity, { maxLength: 4 })
        .map((found) => ({ entities: found.map((one) => ({ ...one, score: 1, word: '' })) })),
    }),
  ],
  [
    'answers',
    {
      task: 'question-answering',
      metrics: ['exact_match', 'f1', 'has_ans_f1', 'no_ans_f1', 'best_f1', 'best_exact'],
    },
    fc.record({
      expected: fc.array(words, { maxLength: 2 }),
      predicted: fc.tuple(words, share).map(([answer, score]) => ({
        answers: [{ answer, score: 1, start: 0, end: 0 }],
        no_answer: false,
        null_score: score,
      })),
    }),
  ],
  [
    'choice',
    { task: 'multiple-choice' },
    fc.record({
      expected: fc.nat(1),
      predicted: share.map((score) => ({
        choices: [
          { index: 0, score },
          { index: 1, score: 1 - score },
        ],
        best: score < 0.5 ? 1 : 0,
      })),
    }),
  ],
  [
    'ranking',
    { task: 'rerank' },
    fc.record({
      expected: fc.tuple(fc.nat(2), fc.nat(2)),
      predicted: fc.tuple(share, share).map((scores) => ({
        results: scores.map((score, index) => ({ index, score })),
      })),
    }),
  ],
  [
    'reward',
    { task: 'score', metrics: ['pairwise_accuracy', 'pearson'] },
    fc.record({
      expected: number,
      predicted: number.map((score) => ({ score })),
      group: fc.constantFrom('', 'g', 'h'),
    }),
  ],
  [
    'mask',
    { task: 'fill-mask' },
    fc.record({
      expected: fc.constantFrom('a', 'b'),
      predicted: fc
        .constantFrom('a', 'b')
        .map((token) => ({ masks: [[{ token, token_id: 1, score: 1, sequence: token }]] })),
    }),
  ],
];

const values = (accumulator: Accumulator, weights = allOnce(accumulator.size)) =>
  accumulator.metrics.map((metric) => {
    const value = accumulator.measure(metric)(weights);
    return typeof value === 'number' ? value + 0 : value;
  });
/** Sums of other lengths differ in the last bits. */
const rounded = (all: ReturnType<typeof values>) =>
  all.map((value) => (typeof value === 'number' ? Number(value.toFixed(9)) + 0 : value));

const fill = (options: AccumulatorOptions, examples: readonly Prediction[]) => {
  const accumulator = createAccumulator(options);
  for (const example of examples) accumulator.add(example);
  return accumulator;
};

describe.each(KINDS)('examples of %s', (_, options, example) => {
  const examples = fc
    .array(example, { minLength: 1, maxLength: 25 })
    .map((all): Prediction[] => all.map((one, index) => ({ ...one, index })));

  it('are measured the same in any order, and merged as one by one', () => {
    const shuffled = examples.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.nat(all.length)),
    );
    fc.assert(
      fc.property(shuffled, ([all, other, split]) => {
        const merged = fill(options, other.slice(0, split));
        merged.merge(fill(options, other.slice(split)));
        expect(values(fill(options, other))).toEqual(values(fill(options, all)));
        expect(values(merged)).toEqual(values(fill(options, all)));
      }),
    );
  });

  it('of weight n are measured as n examples', () => {
    const weighted = examples.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.array(fc.nat(3), { minLength: all.length, maxLength: all.length }),
        // Examples of one group are weighted alike.
        fc.record({ g: fc.nat(3), h: fc.nat(3) }),
      ),
    );
    fc.assert(
      fc.property(weighted, ([all, given, byGroup]) => {
        const group = (one: Prediction) => one.group as keyof typeof byGroup | '' | undefined;
        const weights = all.map((one, i) => (group(one) ? byGroup[group(one) as 'g'] : given[i]!));
        // Copies of a group are groups of their own.
        const copies = all.flatMap((one, i) =>
          Array.from({ length: weights[i]! }, (_, n) => ({
            ...one,
            ...(one.group && { group: one.group + n }),
          })),
        );
        // The average precision and the F1 over labels know of labels that no example is left of.
        if (copies.length === 0) return;
        const repeated = fill(
          options,
          copies.map((one, index) => ({ ...one, index })),
        );
        const own = values(fill(options, all), Uint32Array.from(weights));
        expect(rounded(own)).toEqual(rounded(values(repeated)));
      }),
    );
  });
});

describe('an accumulator', () => {
  const predicted = { labels: [{ label: 'a', score: 0.9 }] };

  it('refuses what its task does not have, keeps nothing of it, and goes on', () => {
    const accumulator = createAccumulator({ task: 'text-classification', labels });
    const add = (example: object) => () =>
      accumulator.add({ index: 0, expected: 'a', predicted, ...example });
    expect(add({ expected: 'z' })).toThrow('"z" is not a label of the model: it has a, b, c.');
    expect(add({ expected: ['a'] })).toThrow('A label was expected, not ["a"].');
    expect(add({ predicted: { value: 3 } })).toThrow('A prediction of labels was expected, not {"value":3}.');
    expect(add({ predicted: { labels: [] } })).toThrow(/^A prediction has a label at least/);
    expect(add({ predicted: { labels: [{ label: 'a', score: Number.NaN }] } })).toThrow(/finite scores/);
    expect(add({ index: -1 })).toThrow('The place of an example is a whole number, not -1.');
    expect(add({ slice: { id: 'x'.repeat(129) } })).toThrow(/texts of at most 128 characters/);
    expect(add({ slice: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`f${i}`, 'x'])) })).toThrow(
      'Results are split by at most 10 fields; "f0" is one more.',
    );
    accumulator.add({ index: 0, expected: 'b', predicted });
    expect(accumulator.size).toBe(1);
    expect(accumulator.measure('accuracy')(allOnce(1))).toBe(0);
  });

  it('refuses an example that came before, at once, whether it was answered or not', () => {
    const accumulator = createAccumulator({ task: 'text-classification' });
    accumulator.add({ index: 7, expected: 'a', predicted });
    accumulator.fail(70_000);
    for (const index of [7, 70_000]) {
      expect(() => accumulator.add({ index, expected: 'a', predicted })).toThrow(
        `Example ${index} was added already.`,
      );
      expect(() => accumulator.fail(index)).toThrow('was added already');
    }
    expect([accumulator.size, accumulator.failed]).toEqual([1, 1]);
    expect([7, 8, 70_000].map((index) => accumulator.has(index))).toEqual([true, false, true]);
    const other = createAccumulator({ task: 'text-classification' });
    other.add({ index: 8, expected: 'a', predicted });
    other.add({ index: 70_000, expected: 'a', predicted });
    expect(() => accumulator.merge(other)).toThrow('Example 70000 was added twice.');
    expect(accumulator.size).toBe(1);
  });

  it('is merged with one of the same options alone', () => {
    const made = (options: object) => createAccumulator({ task: 'question-answering', ...options });
    expect(() => made({ squad: 1 }).merge(made({ squad: 2 }))).toThrow('different options');
    expect(() => made({}).merge(made({ metrics: ['f1'] }))).toThrow('different options');
    made({}).merge(made({}));
  });

  it('keeps no label of an example that it refuses', () => {
    const options = { task: 'text-classification', problemType: 'multi_label_classification' } as const;
    const several = (label: string) => ({ labels: [{ label, score: 0.9 }], selected: [label] });
    const accumulator = createAccumulator(options);
    accumulator.add({ index: 0, expected: ['a'], predicted: several('a') });
    expect(() => accumulator.add({ index: 1, expected: ['z'], predicted: { value: 1 } })).toThrow();
    expect(values(accumulator)).toEqual([1, 1, 1]);
    const closed = createAccumulator({ ...options, labels: ['a'] });
    const selected = { labels: [{ label: 'a', score: 0.9 }], selected: ['a', 'z'] };
    expect(() => closed.add({ index: 0, expected: ['a'], predicted: selected })).toThrow(
      '"z" is not a label',
    );
    closed.add({ index: 0, expected: ['a'], predicted: several('a') });
    expect(values(closed)).toEqual([1, 1, 1]);
  });

  it('computes the average precision of a bounded number of scores', () => {
    const several = { labels: labels.map((label) => ({ label, score: 0.9 })), selected: ['a'] };
    const options = { task: 'text-classification', problemType: 'multi_label_classification' } as const;
    const of = (count: number) => {
      const accumulator = createAccumulator({ ...options, maxScores: 9 });
      for (let index = 0; index < count; index++)
        accumulator.add({ index, expected: ['a'], predicted: several });
      return values(accumulator);
    };
    expect(of(3)).toEqual([1, 1 / 3, 1]);
    expect(of(4)).toEqual([1, 1 / 3, { reason: 'examples times labels are more than 9 scores' }]);
  });

  it('has a reason in place of what float64 cannot hold', () => {
    const accumulator = createAccumulator({ task: 'text-classification', problemType: 'regression' });
    const huge = { index: 0, expected: 1e200, predicted: { value: -1e200 } };
    expect(accumulator.add(huge)).toEqual({ correct: null, loss: null });
    accumulator.add({ index: 1, expected: 0, predicted: { value: 1 } });
    const tooLarge = { reason: 'the values are beyond what float64 can add up' };
    expect(values(accumulator)).toEqual([tooLarge, expect.any(Number), tooLarge]);
  });

  it('has fields of any name as slices, and leaves out those with too many values', () => {
    const accumulator = createAccumulator({ task: 'text-classification' });
    for (let index = 0; index < 150; index++) {
      const slice = { id: `v${index}`, ...JSON.parse(index % 2 ? '{}' : '{"__proto__":"x"}') };
      accumulator.add({ index, expected: 'a', predicted, slice });
    }
    expect(accumulator.slices.list()).toEqual([{ field: '__proto__', value: 'x' }]);
    expect(accumulator.slices.omitted).toEqual(['id']);
    const weights = accumulator.slices.weights({ field: '__proto__', value: 'x' });
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(75);
    expect(accumulator.slices.weights({ field: 'id', value: 'v1' }).some(Boolean)).toBe(false);
  });
});

describe('the metrics of a task', () => {
  it('are its defaults, or those asked for, once each', () => {
    const kind = kindOf('rerank');
    expect(metricsOf(kind)).toEqual(['mrr@10', 'ndcg@10', 'recall@10', 'map']);
    expect(metricsOf(kind, ['recall@1000', 'mrr', 'mrr'])).toEqual(['recall@1000', 'mrr']);
    for (const wrong of ['recall', 'recall@0', 'recall@1001', 'recall@k', 'recall@01', 'map@3', 'accuracy']) {
      expect(() => metricsOf(kind, [wrong])).toThrow(
        `"${wrong}" is not a metric of this task: it has mrr, mrr@k, ndcg, ndcg@k, recall@k, map, k from 1 to 1000.`,
      );
    }
    expect(() => metricsOf(kind, [])).toThrow('An evaluation has one metric at least.');
    expect(() => createAccumulator({ task: 'text-classification', metrics: ['f1'] })).toThrow(
      'f1 of a classification is of one label: tell which, as the positive label.',
    );
  });

  it('are allowed where they are defaults, and none where nothing is measured', () => {
    for (const task of TASKS) {
      const kinds = METRICS_BY_TASK[task];
      if (!kinds) {
        expect(() => createAccumulator({ task })).toThrow(HeddleError);
        continue;
      }
      for (const kind of 'create' in kinds ? [kinds] : Object.values(kinds)) {
        expect(metricsOf(kind, kind.defaults)).toEqual(kind.defaults);
      }
    }
    expect(() => createAccumulator({ task: 'embed' })).toThrow(
      /^Nothing is measured of embed; evaluations support/,
    );
    expect(() => createAccumulator({ task: 'zero-shot-classification', problemType: 'regression' })).toThrow(
      'Nothing is measured of zero-shot-classification of a regression model',
    );
  });
});
