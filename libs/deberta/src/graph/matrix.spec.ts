import { expect, it } from 'vitest';
import { multiplyTransposed } from './matrix.js';

it.each([
  [1, 1, 1],
  [4, 4, 4],
  [5, 3, 7],
  [8, 9, 2],
  [3, 8, 5],
  [17, 12, 6],
])('%i rows times %i columns over %i values', (rows, columns, inner) => {
  const a = Float64Array.from({ length: rows * inner }, (_, i) => ((i * 37) % 11) - 5);
  const b = Float32Array.from({ length: columns * inner }, (_, i) => ((i * 53) % 13) - 6);
  const want = Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return Array.from({ length: inner }, (_, k) => a[row * inner + k]! * b[column * inner + k]!).reduce(
      (sum, value) => sum + value,
    );
  });
  expect([...multiplyTransposed(a, b, inner)]).toEqual(want);
});

it('sums in float64', () => {
  // In float32 the small values would be lost one by one.
  const a = Float64Array.from({ length: 4 * 1001 }, (_, i) => (i % 1001 === 0 ? 1e8 : 1));
  const b = new Float32Array(4 * 1001).fill(1);
  expect([...multiplyTransposed(a, b, 1001)]).toEqual(Array(16).fill(100_001_000));
});
