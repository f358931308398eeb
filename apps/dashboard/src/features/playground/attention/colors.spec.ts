import { expect, it } from 'vitest';
import { colorOf } from './colors.js';

it('scores are white at 0, blue below and red above, on one scale', () => {
  const range = { min: -1, max: 4 };
  expect(colorOf(0, range)).toEqual([247, 247, 247]);
  expect(colorOf(4, range)).toEqual([178, 24, 43]);
  expect(colorOf(-4, range)).toEqual([33, 102, 172]);
  const [red, , blue] = colorOf(-1, range);
  expect(red).toBeLessThan(blue);
});

it('probabilities go from white to dark, and nothing is white', () => {
  expect(colorOf(0, { min: 0, max: 0.5 })).toEqual([247, 247, 247]);
  expect(colorOf(0.5, { min: 0, max: 0.5 })).toEqual([8, 48, 107]);
  expect(colorOf(0, { min: 0, max: 0 })).toEqual([247, 247, 247]);
});
