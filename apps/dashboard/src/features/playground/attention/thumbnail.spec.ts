import { expect, it } from 'vitest';
import { thumbnailOf } from './thumbnail.js';

it('keeps of each block what is largest, whatever its sign', () => {
  const matrix = Float32Array.of(0, 1, 2, 0, 0, -5, 0, 3, 9, 0, 0, 0, 0, 0, 0, -1);
  expect([...thumbnailOf(matrix, 4, 2).numbers]).toEqual([-5, 3, 9, -1]);
});

it('every number is in some block, of sizes that do not divide one another too', () => {
  const n = 7;
  for (let at = 0; at < n * n; at++) {
    const matrix = new Float32Array(n * n);
    matrix[at] = 1;
    const { numbers } = thumbnailOf(matrix, n, 3);
    expect(numbers.reduce((sum, number) => sum + number)).toBe(1);
  }
});

it('a small matrix stays', () => {
  const matrix = Float32Array.of(1, 2, 3, 4);
  expect(thumbnailOf(matrix, 2, 32)).toEqual({ numbers: matrix, n: 2 });
});
