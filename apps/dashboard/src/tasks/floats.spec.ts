import { expect, it } from 'vitest';
import { floatsOf, similarities } from './floats.js';

it('reads little-endian float32 in base64 as it reads lists', () => {
  const bytes = Buffer.alloc(12);
  [0.5, -2, 1024].forEach((value, at) => void bytes.writeFloatLE(value, at * 4));
  expect([...floatsOf(bytes.toString('base64'))]).toEqual([0.5, -2, 1024]);
  expect([...floatsOf([0.5, -2, 1024])]).toEqual([0.5, -2, 1024]);
});

it('vectors are as similar as their directions', () => {
  const [first, second, third] = similarities([
    Float32Array.of(1, 0),
    Float32Array.of(3, 3),
    Float32Array.of(0, 0),
  ]);
  expect(first![0]).toBeCloseTo(1);
  expect(first![1]).toBeCloseTo(Math.SQRT1_2);
  expect(second![0]).toBeCloseTo(first![1]!);
  expect(third).toEqual([0, 0, 0]);
});
