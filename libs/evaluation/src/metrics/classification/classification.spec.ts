import { describe, expect, it } from 'vitest';
import multiLabels from '../__fixtures__/multi-label.json' with { type: 'json' };
import multirc from '../__fixtures__/multirc.json' with { type: 'json' };
import singleLabels from '../__fixtures__/single-label.json' with { type: 'json' };
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';

const once = (accumulator: ReturnType<typeof createAccumulator>, metric: string) =>
  accumulator.measure(metric)(allOnce(accumulator.size));

const ranked = (labels: string[], scores: number[]) => ({
  labels: labels.map((label, i) => ({ label, score: scores[i]! })).sort((a, b) => b.score - a.score),
});

describe.each(Object.entries(singleLabels))('single-label classification, %s', (_, reference) => {
  const { labels, expected, scores, metrics } = reference;
  const accumulator = createAccumulator({
    task: 'text-classification',
    labels,
    metrics: Object.keys(metrics),
    positiveLabel: labels[0]!,
  });
  expected.forEach((label, index) => {
    accumulator.add({ index, expected: label, predicted: ranked(labels, scores[index]!) });
  });

  it.each(Object.entries(metrics))("has scikit-learn's %s", (metric, value) => {
    expect(once(accumulator, metric)).toBeCloseTo(value, 9);
  });

  it("has scikit-learn's confusion matrix and scores of each label", () => {
    const { confusion, per_label: perLabel } = accumulator.details();
    expect(confusion).toEqual(reference.confusion);
    const { precision, recall, f1, support } = reference.per_label;
    expect(perLabel?.map((one) => one.label)).toEqual(reference.confusion.labels);
    expect(perLabel?.map((one) => one.support)).toEqual(support);
    perLabel?.forEach((one, i) => {
      expect(one.f1).toBeCloseTo(f1[i]!, 9);
      for (const [own, reference] of [
        [one.precision, precision[i]],
        [one.recall, recall[i]],
      ]) {
        if (reference === null) expect(own).toBeNull();
        else expect(own).toBeCloseTo(reference!, 9);
      }
    });
  });

  it("has scikit-learn's calibration curve", () => {
    const { counts, accuracy, confidence } = reference.reliability;
    const bins = accumulator.details().reliability!;
    expect(bins.map(({ count }) => count)).toEqual(counts);
    const filled = bins.filter(({ count }) => count > 0);
    filled.forEach((bin, i) => {
      expect(bin.accuracy).toBeCloseTo(accuracy[i]!, 9);
      expect(bin.confidence).toBeCloseTo(confidence[i]!, 9);
      expect(bin.confidence).toBeGreaterThan(bin.from);
      expect(bin.confidence).toBeLessThanOrEqual(bin.to);
    });
    expect(bins.filter(({ count }) => count === 0).every((bin) => bin.accuracy === null)).toBe(true);
  });
});

describe('MultiRC', () => {
  const accumulator = createAccumulator({
    task: 'text-classification',
    metrics: ['f1', 'exact_match'],
    positiveLabel: '1',
  });
  multirc.expected.forEach((label, index) => {
    const predicted = { labels: [{ label: String(multirc.predicted[index]), score: 1 }] };
    accumulator.add({ index, expected: String(label), predicted, group: String(multirc.group[index]) });
  });

  it('has the F1 over all answers, and the exact match of questions', () => {
    expect(once(accumulator, 'f1')).toBeCloseTo(multirc.metrics.f1, 9);
    expect(once(accumulator, 'exact_match')).toBeCloseTo(multirc.metrics.exact_match, 9);
  });

  it('resamples questions, not answers', () => {
    const { unitOf, count } = accumulator.units();
    expect(count).toBe(new Set(multirc.group).size);
    const units = new Map(multirc.group.map((group, i) => [group, unitOf[i]]));
    expect(multirc.group.every((group, i) => units.get(group) === unitOf[i])).toBe(true);
  });
});

describe.each(Object.entries(multiLabels))('multi-label classification, %s', (_, reference) => {
  const { labels, expected, scores, metrics } = reference;
  const add = (withSelected: boolean) => {
    const accumulator = createAccumulator({
      task: withSelected ? 'text-classification' : 'zero-shot-classification',
      problemType: 'multi_label_classification',
    });
    expected.forEach((flags, index) => {
      const predicted = ranked(labels, scores[index]!);
      const selected = predicted.labels.filter(({ score }) => score >= 0.5).map(({ label }) => label);
      accumulator.add({
        index,
        expected: labels.filter((_, i) => flags[i]),
        predicted: withSelected ? { ...predicted, selected } : predicted,
      });
    });
    return accumulator;
  };

  it.each(Object.entries(metrics))("has scikit-learn's %s", (metric, value) => {
    expect(once(add(true), metric)).toBeCloseTo(value, 9);
    expect(once(add(false), metric)).toBeCloseTo(value, 9);
  });
});

describe('a classification that defines no number', () => {
  const classified = (expected: string[], scores: Record<string, number>) => {
    const accumulator = createAccumulator({ task: 'text-classification' });
    const labels = Object.entries(scores).map(([label, score]) => ({ label, score }));
    expected.forEach((label, index) => {
      accumulator.add({ index, expected: label, predicted: { labels } });
    });
    return accumulator;
  };

  it('has a reason: one label, no examples, scores that are no probabilities, scores that were left out', () => {
    const one = classified(['a', 'a'], { a: 0.75, b: 0.25 });
    expect(once(one, 'mcc')).toEqual({ reason: 'all examples have the same expected label' });
    expect(once(one, 'accuracy')).toBe(1);
    const none = classified([], {});
    for (const metric of none.metrics) expect(once(none, metric)).toHaveProperty('reason');
    const logits = classified(['a', 'b'], { a: 3, b: -1 });
    const reason = 'the scores are not probabilities of all labels';
    expect(once(logits, 'log_loss')).toEqual({ reason });
    expect(once(logits, 'ece')).toEqual({ reason });
    expect(logits.details().reliability).toBeUndefined();
    const cut = classified(['a', 'b'], { a: 0.6 });
    expect(once(cut, 'log_loss')).toEqual({ reason });
    expect(once(cut, 'ece')).toBeCloseTo(0.1, 12);
  });

  it('leaves labels of no example out of the average precision, and says where a score is missing', () => {
    const options = { task: 'text-classification', problemType: 'multi_label_classification' } as const;
    const accumulator = createAccumulator(options);
    accumulator.add({ index: 0, expected: ['a'], predicted: ranked(['a', 'b'], [0.9, 0.2]) });
    accumulator.add({ index: 1, expected: [], predicted: ranked(['a', 'b'], [0.1, 0.3]) });
    expect(once(accumulator, 'average_precision')).toBe(1);
    accumulator.add({ index: 2, expected: ['a'], predicted: ranked(['b'], [0.3]) });
    expect(once(accumulator, 'average_precision')).toEqual({
      reason: 'a prediction lacks the score of a label',
    });
    const empty = createAccumulator(options);
    empty.add({ index: 0, expected: [], predicted: ranked(['a'], [0.1]) });
    expect(once(empty, 'micro_f1')).toEqual({ reason: 'no label is expected or selected' });
    expect(once(empty, 'average_precision')).toEqual({ reason: 'no example has a label' });
  });
});

it('a label without a score has a loss of at least what the others leave', () => {
  const accumulator = createAccumulator({ task: 'text-classification' });
  const predicted = ranked(['a'], [0.75]);
  const outcome = accumulator.add({ index: 0, expected: 'b', predicted });
  expect(outcome).toEqual({ correct: false, loss: -Math.log(0.25) });
  expect(accumulator.add({ index: 1, expected: 'a', predicted }).loss).toBe(-Math.log(0.75));
  expect(accumulator.losses()).toEqual(Float64Array.of(-Math.log(0.25), -Math.log(0.75)));
  // The metric needs all scores.
  expect(once(accumulator, 'log_loss')).toHaveProperty('reason');
  expect(accumulator.add({ index: 2, expected: 'b', predicted: ranked(['a'], [7]) }).loss).toBeNull();
});

describe('a confusion matrix of many labels', () => {
  it('has the 50 labels with the most examples, and the others in a row of their own', () => {
    const accumulator = createAccumulator({ task: 'text-classification' });
    const labels = Array.from({ length: 80 }, (_, i) => `label ${String(i).padStart(2, '0')}`);
    let index = 0;
    labels.forEach((label, i) => {
      for (let n = 0; n <= i; n++) {
        accumulator.add({ index: index++, expected: label, predicted: { labels: [{ label, score: 1 }] } });
      }
    });
    const { confusion } = accumulator.details();
    expect(confusion?.labels).toEqual([...labels.slice(30), null]);
    expect(confusion?.counts.at(-1)?.at(-1)).toBe((30 * 31) / 2);
    expect(confusion?.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(accumulator.size);
  });
});
