import type { Evaluation } from '@heddle/client';
import { expect, it } from 'vitest';
import { calibrationError, comparedMetrics, spanOf } from './metrics.js';

const run = (metrics: Record<string, number | null>, confidence: Record<string, [number, number]> = {}) =>
  ({ result: { metrics, confidence } }) as unknown as Evaluation;

it('compares every metric that any run has', () => {
  const rows = comparedMetrics([
    run({ mcc: 0.5, accuracy: 0.9 }, { accuracy: [0.88, 0.92] }),
    run({ accuracy: 0.8 }),
    { result: null },
  ]);
  expect(rows.map(({ metric }) => metric)).toEqual(['accuracy', 'mcc']);
  expect(rows[0]!.values).toEqual([
    { value: 0.9, interval: [0.88, 0.92] },
    { value: 0.8, interval: null },
    { value: null, interval: null },
  ]);
  expect(spanOf(rows[0]!)).toEqual({ min: 0.8, max: 0.92 });
  expect(spanOf({ metric: 'x', values: [{ value: null, interval: [0, 1] }] })).toBeNull();
});

it('the calibration error weighs bins by their examples', () => {
  const bins = [
    { from: 0, to: 0.5, count: 1, accuracy: 0.2, confidence: 0.4 },
    { from: 0.5, to: 1, count: 3, accuracy: 0.9, confidence: 0.8 },
  ];
  expect(calibrationError(bins)).toBeCloseTo((0.2 + 3 * 0.1) / 4);
  expect(calibrationError(null)).toBeNull();
});
