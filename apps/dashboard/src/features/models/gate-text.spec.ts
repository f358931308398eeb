import { expect, it } from 'vitest';
import { gateText } from './gate-text.js';

it('a gate reads as a rule', () => {
  expect(gateText({ metric: 'accuracy', min: 0.9 })).toBe('accuracy at least 0.9');
  expect(gateText({ metric: 'ece', max: 0.1, slice: { field: 'lang', value: 'de' } })).toBe(
    'ece at most 0.1 where lang is de',
  );
  expect(gateText({ metric: 'macro_f1', max_drop: 0.005 })).toBe(
    'macro_f1 at most 0.005 worse than the baseline',
  );
});
