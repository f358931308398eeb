import { expect, it } from 'vitest';
import { attentionOf, matrixOf, meansByDistance, rangeOf, valueAt } from './attention.js';

const base64 = (numbers: number[]) => {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, at) => void bytes.writeFloatLE(number, at * 4));
  return bytes.toString('base64');
};
const tokens = ['[CLS]', '[SEP]'].map((token) => ({ token, start: null, end: null }));
/** One layer, two heads, two tokens. */
const NESTED = [
  [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ],
];
const FLAT = [1, 2, 3, 4, 5, 6, 7, 8];

it.each([
  ['lists', NESTED],
  ['base64', base64(FLAT)],
])('reads %s, and has no part that the model has not', (_, total) => {
  const attention = attentionOf({ tokens, shape: [1, 2, 2, 2], parts: { total, c2p: null } });
  expect(attention).toMatchObject({ tokens: ['[CLS]', '[SEP]'], layers: [0], heads: [0, 1], n: 2 });
  expect([...matrixOf(attention, 'total', { row: 0, column: 1 })!]).toEqual([5, 6, 7, 8]);
  expect(valueAt(attention, 'total', { row: 0, column: 0 }, { row: 1, column: 0 })).toBe(3);
  expect(matrixOf(attention, 'c2p', { row: 0, column: 0 })).toBeNull();
});

it('layers and heads have the numbers that were asked for', () => {
  const output = {
    tokens,
    shape: [1, 2, 2, 2] as [number, number, number, number],
    parts: { total: NESTED },
  };
  expect(attentionOf(output, { layers: [3], heads: [5, 1] })).toMatchObject({ layers: [3], heads: [5, 1] });
});

it('a part of another size than its shape says is left out', () => {
  const attention = attentionOf({ tokens, shape: [1, 2, 2, 2], parts: { total: base64([1, 2, 3]) } });
  expect(attention.parts.size).toBe(0);
});

it('means by distance are those of the diagonals', () => {
  const matrix = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  expect(meansByDistance(matrix, 3)).toEqual([
    { distance: -2, mean: 7, pairs: 1 },
    { distance: -1, mean: 6, pairs: 2 },
    { distance: 0, mean: 5, pairs: 3 },
    { distance: 1, mean: 4, pairs: 2 },
    { distance: 2, mean: 3, pairs: 1 },
  ]);
});

it('means by distance hold every pair once', () => {
  const n = 7;
  const matrix = Float32Array.from({ length: n * n }, (_, at) => (at * 37) % 11);
  const means = meansByDistance(matrix, n);
  expect(means.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(n * n);
  const total = matrix.reduce((sum, number) => sum + number, 0);
  expect(means.reduce((sum, { mean, pairs }) => sum + mean * pairs, 0)).toBeCloseTo(total, 6);
});

it('the range of numbers is that of the least and the largest', () => {
  expect(rangeOf(Float32Array.of(3, -2, 0.5))).toEqual({ min: -2, max: 3 });
  expect(rangeOf(new Float32Array())).toEqual({ min: 0, max: 0 });
});
