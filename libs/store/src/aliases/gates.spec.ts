import type { Gate } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { failedGates } from './gates.js';

const GATES: Gate[] = [
  { metric: 'accuracy', min: 0.9 },
  { metric: 'macro_f1', max_drop: 0.005 },
];
const evaluation = (accuracy: number, f1: number, baseline: number | null = 0.912) => ({
  id: 'e',
  metrics: { accuracy, macro_f1: f1 },
  baselineMetrics: baseline === null ? null : { macro_f1: baseline },
});

it.each<[string, ReturnType<typeof evaluation> | null, string[]]>([
  ['none', null, ['accuracy', 'macro_f1']],
  ['one that meets them just so', evaluation(0.9, 0.907), []],
  ['one that meets one of them', evaluation(0.8999, 0.95), ['accuracy']],
  ['one that is worse than its baseline by more', evaluation(0.95, 0.906), ['macro_f1']],
  ['one without a baseline', evaluation(0.95, 0.95, null), ['macro_f1']],
])('of an evaluation: %s', (_, shown, failed) => {
  expect(failedGates(GATES, shown).map(({ metric }) => metric)).toEqual(failed);
});

it('that fail say what was required and what was there', () => {
  expect(failedGates(GATES, evaluation(0.5, 0.1))).toEqual([
    { metric: 'accuracy', rule: 'min', required: 0.9, actual: 0.5, baseline: null },
    { metric: 'macro_f1', rule: 'max_drop', required: 0.005, actual: 0.1, baseline: 0.912 },
  ]);
  const other = { id: 'e', metrics: { mcc: 1 }, baselineMetrics: null };
  expect(failedGates(GATES.slice(0, 1), other)).toMatchObject([{ actual: null }]);
});
