import { describe, expect, it } from 'vitest';
import { type Evidence, evaluateGate, evidenceFor } from './gate-evidence.js';
import { type Gate, gates, isLowerBetter } from './gates.js';

const high = { field: 'level', value: 'high' };

describe('gates', () => {
  it('bound a metric, over all examples or a slice', () => {
    const fine: Gate[] = [
      { metric: 'accuracy', min: 0.9 },
      { metric: 'accuracy', slice: high, min: 0.9 },
      { metric: 'accuracy', slice: { ...high, value: 'middle' }, min: 0.9 },
      { metric: 'accuracy', max_drop: 0 },
      { metric: 'log_loss', max: 0.3 },
      { metric: 'ndcg@10', slice: high, max_drop: 0.01 },
    ];
    expect(gates.parse(fine)).toEqual(fine);
  });

  it.each<[string, object[], PropertyKey[]]>([
    [
      'the same twice',
      [
        { metric: 'f1', min: 1 },
        { metric: 'f1', min: 0.9 },
      ],
      [1],
    ],
    [
      'the same of a slice',
      [
        { metric: 'f1', slice: high, min: 1 },
        { metric: 'f1', slice: { ...high }, min: 1 },
      ],
      [1],
    ],
    ['two rules', [{ metric: 'f1', min: 1, max_drop: 0 }], [0]],
    ['a least value where less is better', [{ metric: 'log_loss', min: 1 }], [0, 'min']],
    ['a most value where more is better', [{ metric: 'f1', max: 1 }], [0, 'max']],
    ['of no metric', [{ metric: 'acuracy', min: 0.9 }], [0, 'metric']],
    ['a percentage', [{ metric: 'accuracy', min: 90 }], [0, 'min']],
    ['below the least loss', [{ metric: 'log_loss', max: -0.1 }], [0, 'max']],
  ])('cannot be %s', (_, list, path) => {
    expect(gates.safeParse(list).error?.issues[0]?.path).toEqual(path);
  });
});

describe('a gate is met', () => {
  const evidence = (
    actual: number | null,
    baseline: number | null = null,
    difference: Evidence['difference'] = null,
  ) => ({
    actual,
    baseline,
    difference,
  });
  it.each<[string, Gate, Evidence, boolean]>([
    ['at its least value', { metric: 'f1', min: 0.9 }, evidence(0.9), true],
    ['not below', { metric: 'f1', min: 0.9 }, evidence(0.8999), false],
    ['at its most value', { metric: 'ece', max: 0.1 }, evidence(0.1), true],
    ['not above', { metric: 'ece', max: 0.1 }, evidence(0.11), false],
    ['never by what is unknown', { metric: 'f1', min: 0 }, evidence(null), false],
    // 0.8 − 0.1 is 0.7000000000000001.
    ['by a drop just so', { metric: 'f1', max_drop: 0.1 }, evidence(0.7, 0.8, [-0.1, 0]), true],
    [
      'not by a drop that may be more',
      { metric: 'f1', max_drop: 0.1 },
      evidence(0.78, 0.8, [-0.11, 0.07]),
      false,
    ],
    ['not by more', { metric: 'f1', max_drop: 0.1 }, evidence(0.6, 0.8, [-0.3, -0.1]), false],
    ['by a gain', { metric: 'f1', max_drop: 0 }, evidence(0.9, 0.8, [0.01, 0.2]), true],
    ['by a loss that fell', { metric: 'log_loss', max_drop: 0 }, evidence(0.3, 5, [-5, -4]), true],
    ['not by one that rose', { metric: 'log_loss', max_drop: 0.01 }, evidence(5, 0.3, [4, 5]), false],
    [
      'not by one that may have',
      { metric: 'log_loss', max_drop: 0.01 },
      evidence(0.3, 0.3, [-0.02, 0.02]),
      false,
    ],
    ['not without a baseline', { metric: 'f1', max_drop: 1 }, evidence(1), false],
    ['not without an interval', { metric: 'f1', max_drop: 1 }, evidence(1, 1), false],
  ])('%s', (_, gate, given, passed) => {
    const result = evaluateGate(gate, given);
    expect(result).toMatchObject({ metric: gate.metric, actual: given.actual, passed });
    expect(result.reason === undefined).toBe(passed);
  });

  it('never where too few examples were answered', () => {
    const gate = { metric: 'f1', min: 0.5 };
    const found = { metrics: { f1: 1 }, items: 98, failed: 2 };
    expect(evaluateGate(gate, evidenceFor(gate, found))).toMatchObject({
      actual: 1,
      passed: false,
      reason: 'only 98 of 100 examples were answered',
    });
    expect(evaluateGate(gate, evidenceFor(gate, { ...found, failed: 0 })).passed).toBe(true);
    const left = { ...found, failed: 0, invalid: 98 };
    expect(evaluateGate(gate, evidenceFor(gate, left))).toMatchObject({
      passed: false,
      reason: 'only 98 of 196 examples were answered: 98 do not fit the task',
    });
  });

  it('by what a report says of all examples or of its slice', () => {
    const found = {
      metrics: { f1: 0.8, mcc: null },
      undefined_metrics: { mcc: 'one label alone' },
      baseline_metrics: { f1: 0.7 },
      difference_confidence: { f1: [0.05, 0.2] as [number, number] },
      slices: { level: { high: { metrics: { f1: 0.6 }, baseline_metrics: { f1: 0.65 } } } },
    };
    const drop = { metric: 'f1', max_drop: 0.1 };
    const inSlice = { ...drop, slice: high };
    expect(evaluateGate(drop, evidenceFor(drop, found))).toMatchObject({ passed: true, required: 0.1 });
    const unknown = evaluateGate(inSlice, evidenceFor(inSlice, found));
    expect(unknown).toMatchObject({ slice: high, actual: 0.6, baseline: 0.65, passed: false });
    expect(unknown.reason).toBe('there is no interval of the difference from the baseline');
    const asked = evaluateGate(inSlice, evidence(0.6, 0.65, [-0.08, 0]));
    expect(evidenceFor(inSlice, { ...found, gates: [asked] }).difference).toEqual([-0.08, 0]);
    expect(evidenceFor({ metric: 'mcc', min: 0 }, found)).toMatchObject({
      actual: null,
      reason: 'one label alone',
    });
    const other = { metric: 'f1', slice: { field: 'level', value: 'hihg' }, min: 0 };
    expect(evidenceFor(other, found)).toMatchObject({
      actual: null,
      reason: 'no examples have "hihg" in "level"',
    });
    expect(evidenceFor({ metric: 'constructor', min: 0 }, found).actual).toBeNull();
  });
});

it('less is better of losses and errors alone', () => {
  expect(['log_loss', 'ece', 'mse'].every(isLowerBetter)).toBe(true);
  expect(['accuracy', 'f1', 'ndcg@10', 'mcc'].some(isLowerBetter)).toBe(false);
});
