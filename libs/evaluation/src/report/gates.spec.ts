import { describe, expect, it } from 'vitest';
import { checkGates, evaluateGate, type Gate, type Measured } from './gates.js';

const of =
  (values: Record<string, number>): Measured =>
  (metric, slice) =>
    values[slice ? `${metric}/${slice.value}` : metric] ?? { reason: 'nothing was measured' };

describe('a gate', () => {
  const version = of({ f1: 0.7, accuracy: 0.9, 'accuracy/high': 0.8, log_loss: 0.3 });
  const baseline = of({ f1: 0.8, accuracy: 0.905, 'accuracy/high': 0.9, log_loss: 0.25 });

  it.each([
    [{ metric: 'accuracy', min: 0.9 }, 0.9, true],
    [{ metric: 'accuracy', min: 0.90001 }, 0.90001, false],
    [{ metric: 'log_loss', max: 0.3 }, 0.3, true],
    [{ metric: 'log_loss', max: 0.29 }, 0.29, false],
    [{ metric: 'accuracy', max_drop: 0.005 }, 0.9, true],
    [{ metric: 'accuracy', max_drop: 0.004 }, 0.901, false],
    // 0.8 − 0.1 is 0.7000000000000001.
    [{ metric: 'f1', max_drop: 0.1 }, 0.7, true],
    [{ metric: 'log_loss', max_drop: 0.05 }, 0.3, true],
    [{ metric: 'log_loss', max_drop: 0.04 }, 0.29, false],
    [{ metric: 'accuracy', slice: { field: 'level', value: 'high' }, min: 0.85 }, 0.85, false],
    [{ metric: 'accuracy', slice: { field: 'level', value: 'high' }, max_drop: 0.1 }, 0.8, true],
  ] as [Gate, number, boolean][])('%j requires %d', (gate, required, passed) => {
    const result = evaluateGate(gate, version, baseline);
    expect(result).toMatchObject({ metric: gate.metric, passed });
    expect(result.required).toBeCloseTo(required, 12);
  });

  it('is not passed where nothing can be held against it', () => {
    const slice = { field: 'level', value: 'low' };
    expect(evaluateGate({ metric: 'accuracy', slice, min: 0 }, version, baseline)).toEqual({
      metric: 'accuracy',
      slice,
      rule: 'min',
      required: 0,
      actual: null,
      passed: false,
      reason: 'nothing was measured',
    });
    expect(evaluateGate({ metric: 'accuracy', max_drop: 1 }, version, of({}))).toMatchObject({
      required: null,
      actual: 0.9,
      passed: false,
      reason: 'of the baseline: nothing was measured',
    });
  });

  it('is refused where it can never be held', () => {
    const check = (gate: Gate, hasBaseline = true) => checkGates([gate], ['accuracy', 'ece'], hasBaseline);
    expect(() => check({ metric: 'f1', min: 0.5 })).toThrow(
      'The gate\'s metric "f1" is not measured; these are: accuracy, ece.',
    );
    expect(() => check({ metric: 'accuracy', max_drop: 0 }, false)).toThrow('needs a baseline');
    expect(() => check({ metric: 'ece', min: 0.1 })).toThrow('its gate has max or max_drop, not min');
    expect(() => check({ metric: 'accuracy', max: 0.1 })).toThrow('its gate has min or max_drop, not max');
    check({ metric: 'ece', max: 0.1 });
  });
});
