import type { Gate } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { failedGates, promotionBlocked, type VersionEvaluation } from './gates.js';

const GATES: Gate[] = [
  { metric: 'accuracy', min: 0.9 },
  { metric: 'macro_f1', max_drop: 0.005 },
];
const evaluation = (accuracy: number, f1: number, low: number | null = -0.004): VersionEvaluation => ({
  id: 'e',
  metrics: { accuracy, macro_f1: f1 },
  ...(low !== null && {
    baseline_metrics: { accuracy: 0.9, macro_f1: 0.912 },
    difference_confidence: { accuracy: [0, 0], macro_f1: [low, 0.03] },
  }),
});

it.each<[string, VersionEvaluation | null, string[]]>([
  ['none', null, ['accuracy', 'macro_f1']],
  ['one that meets them just so', evaluation(0.9, 0.907, -0.005), []],
  ['one that meets one of them', evaluation(0.8999, 0.95), ['accuracy']],
  ['one that is worse than its baseline by more', evaluation(0.95, 0.906), ['macro_f1']],
  ['one that may be worse by more', evaluation(0.95, 0.912, -0.006), ['macro_f1']],
  ['one without a baseline', evaluation(0.95, 0.95, null), ['macro_f1']],
])('of an evaluation: %s', (_, shown, failed) => {
  expect(failedGates(GATES, shown, null).map(({ metric }) => metric)).toEqual(failed);
});

it('know of which metrics less is better', () => {
  const gate: Gate = { metric: 'log_loss', max_drop: 0.01 };
  const loss = (actual: number): VersionEvaluation => ({
    id: 'e',
    metrics: { log_loss: actual },
    baseline_metrics: { log_loss: 0.3 },
    difference_confidence: { log_loss: [actual - 0.3, actual - 0.3] },
  });
  expect(failedGates([gate], loss(5), null)).toMatchObject([{ metric: 'log_loss' }]);
  expect(failedGates([gate], loss(0.1), null)).toEqual([]);
});

it('that fail say what was required and what was there', () => {
  const failed = failedGates(GATES, evaluation(0.5, 0.1), null);
  expect(failed).toEqual([
    {
      metric: 'accuracy',
      rule: 'min',
      required: 0.9,
      actual: 0.5,
      baseline: 0.9,
      difference: null,
      reason: '0.5 is less than 0.9',
    },
    {
      metric: 'macro_f1',
      rule: 'max_drop',
      required: 0.005,
      actual: 0.1,
      baseline: 0.912,
      difference: [-0.004, 0.03],
      reason: '0.1 is worse than 0.912 by more than 0.005',
    },
  ]);
  const slice = { field: 'level', value: 'high' };
  const ofSlice = failedGates([{ metric: 'mcc', slice, min: 1 }], { id: 'e', metrics: { mcc: 1 } }, null);
  expect(ofSlice).toMatchObject([{ slice, actual: null }]);
  expect(promotionBlocked('production', 3, [...failed, ...ofSlice]).message).toBe(
    'The alias production is gated, and version 3 does not meet accuracy (min 0.9: 0.5 is less than 0.9), ' +
      'macro_f1 (max_drop 0.005: 0.1 is worse than 0.912 by more than 0.005), ' +
      'mcc of level high (min 1: no examples have "high" in "level"). "force": true moves it all the same.',
  );
});

it('a drop is one from what the alias leads to', () => {
  const gate = { metric: 'accuracy', max_drop: 0.1 };
  const found = (baseline: string) => ({
    ...{
      id: 'e',
      baseline,
      items: 10,
      failed: 0,
      metrics: { accuracy: 0.9 },
      baseline_metrics: { accuracy: 0.9 },
    },
    difference_confidence: { accuracy: [0, 0] as [number, number] },
  });
  expect(failedGates([gate], found('ver_a'), 'ver_a')).toEqual([]);
  expect(failedGates([gate], found('ver_b'), 'ver_a')).toMatchObject([
    { reason: 'it was not compared with ver_a, which the alias leads to' },
  ]);
  expect(failedGates([gate], found('ver_b'), null)).toEqual([]);
  expect(failedGates([{ metric: 'accuracy', min: 0.9 }], found('ver_b'), 'ver_a')).toEqual([]);
});
