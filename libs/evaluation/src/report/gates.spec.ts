import type { Gate } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { checkGates, evidenceOf } from './gates.js';

it('a gate is refused where it can never be held', () => {
  const check = (gate: Gate, hasBaseline = true, hasIntervals?: boolean) =>
    checkGates([gate], ['accuracy', 'ece'], hasBaseline, hasIntervals);
  expect(() => check({ metric: 'f1', min: 0.5 })).toThrow(
    'The gate\'s metric "f1" is not measured; these are: accuracy, ece. Others that the task has are measured where metrics names them.',
  );
  expect(() => check({ metric: 'acuracy', min: 0.5 })).toThrow(/these are: accuracy, ece\.$/);
  const drop = { metric: 'accuracy', max_drop: 0 };
  expect(() => check(drop, false)).toThrow('needs a baseline');
  expect(() => check(drop, true, false)).toThrow('resamples must not be 0');
  expect(() => check({ metric: 'ece', min: 0.1 })).toThrow('its gate has max or max_drop, not min');
  expect(() => check({ metric: 'accuracy', max: 0.1 })).toThrow('its gate has min or max_drop, not max');
  check({ metric: 'ece', max: 0.1 });
  check(drop);
});

it('what a gate is judged by says why a number is missing', () => {
  const none = { reason: 'nothing was measured' };
  expect(evidenceOf(0.9, undefined, undefined)).toEqual({ actual: 0.9, baseline: null, difference: null });
  expect(evidenceOf(none, 0.9, null)).toMatchObject({ actual: null, baseline: 0.9, ...none });
  expect(evidenceOf(0.9, none, null).reason).toBe('of the baseline: nothing was measured');
  expect(evidenceOf(0.9, 0.8, null).reason).toBe(
    'most resamples leave the difference from the baseline undefined',
  );
  expect(evidenceOf(0.9, 0.8, [0, 0.2])).toEqual({ actual: 0.9, baseline: 0.8, difference: [0, 0.2] });
});
