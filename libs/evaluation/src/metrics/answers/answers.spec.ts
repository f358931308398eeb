import { describe, expect, it } from 'vitest';
import references from '../__fixtures__/squad.json' with { type: 'json' };
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';
import { overlap, wordsOf } from './overlap.js';

const METRICS = {
  exact_match: 'exact',
  f1: 'f1',
  has_ans_exact: 'HasAns_exact',
  has_ans_f1: 'HasAns_f1',
  no_ans_exact: 'NoAns_exact',
  no_ans_f1: 'NoAns_f1',
  best_exact: 'best_exact',
  best_f1: 'best_f1',
};

const output = (text: string, nullScore: number) => ({
  answers: [{ answer: text, score: 1, start: 0, end: 0 }],
  no_answer: text === '',
  null_score: nullScore,
});

const fill = (questions: (string[] | string | number)[][]) => {
  const accumulator = createAccumulator({ task: 'question-answering', metrics: Object.keys(METRICS) });
  questions.forEach(([golds, text, nullScore], index) => {
    accumulator.add({
      index,
      expected: golds as string[],
      predicted: output(text as string, nullScore as number),
    });
  });
  return accumulator;
};

describe("SQuAD's normalisation", () => {
  it.each(references.normalized)('of %j is %j', (text, normalized) => {
    expect(wordsOf(text!).join(' ')).toBe(normalized);
  });

  it.each([1, 2] as const)('and the scores of version %i are those of the official script', (version) => {
    for (const { predicted, golds, v1, v2 } of references.pairs) {
      const { exact, f1 } = overlap(predicted, golds, version);
      const [officialExact, officialF1] = version === 1 ? v1 : v2;
      expect([predicted, golds, exact]).toEqual([predicted, golds, officialExact]);
      expect(f1).toBeCloseTo(officialF1!, 9);
    }
  });
});

describe.each(['mixed', 'answerable', 'unanswerable'] as const)('questions, %s', (name) => {
  const { questions, found } = references[name];
  const official = found as Partial<Record<string, number>>;
  const accumulator = fill(questions);

  it.each(Object.entries(METRICS))("have the script's %s", (metric, theirs) => {
    const value = accumulator.measure(metric)(allOnce(accumulator.size));
    if (official[theirs] === undefined) expect(value).toHaveProperty('reason');
    else expect(value).toBeCloseTo(official[theirs] / 100, 9);
  });

  it("have the script's thresholds", () => {
    expect(accumulator.details().thresholds).toEqual({
      best_exact: official.best_exact_thresh,
      best_f1: official.best_f1_thresh,
    });
  });
});

describe('ReCoRD', () => {
  it("has the exact match and F1 of SQuAD's first version, as its own script", () => {
    const options = { task: 'question-answering', metrics: ['exact_match', 'f1'], squad: 1 } as const;
    const accumulator = createAccumulator(options);
    references.pairs.forEach(({ predicted, golds }, index) => {
      accumulator.add({ index, expected: golds, predicted: output(predicted, 0) });
    });
    options.metrics.forEach((metric, m) => {
      const sum = references.pairs.reduce((all, { v1 }) => all + v1[m]!, 0);
      const value = accumulator.measure(metric)(allOnce(accumulator.size));
      expect(value).toBeCloseTo(sum / references.pairs.length, 9);
    });
  });
});

describe('an answer', () => {
  it('is the first one, or none where the output says so', () => {
    const accumulator = createAccumulator({ task: 'question-answering' });
    const predicted = { ...output('Ada', 0.4), no_answer: true };
    expect(accumulator.add({ index: 0, expected: [], predicted })).toEqual({ correct: true, loss: 0 });
    const other = { answers: [], no_answer: false, null_score: 0 };
    expect(accumulator.add({ index: 1, expected: 'Ada', predicted: other })).toEqual({
      correct: false,
      loss: 1,
    });
  });

  it('that the output holds for none is found again by the best threshold, where the output has it', () => {
    const metrics = ['exact_match', 'best_exact'];
    const measured = (answers: string[]) => {
      const accumulator = createAccumulator({ task: 'question-answering', metrics });
      const found = answers.map((answer) => ({ answer, score: 1, start: 0, end: 0 }));
      const none = { answers: found, no_answer: true };
      accumulator.add({ index: 0, expected: ['Ada'], predicted: { ...none, null_score: 0.6 } });
      accumulator.add({ index: 1, expected: [], predicted: { ...none, null_score: 0.9 } });
      return metrics.map((metric) => accumulator.measure(metric)(allOnce(2)));
    };
    expect(measured([''])).toEqual([0.5, 0.5]);
    expect(measured(['', 'Ada'])).toEqual([0.5, 1]);
  });
});
