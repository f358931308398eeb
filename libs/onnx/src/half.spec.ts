import { describe, expect, it } from 'vitest';
import { LARGEST_HALF, toHalves } from './half.js';

/** By the definition of the format. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 0x400) * 2 ** (exponent - 15);
}

const half = (value: number) => toHalves(Float32Array.of(value))[0]!;

describe('half-precision numbers', () => {
  it('are exactly those that are halves', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = numberOf(bits);
      if (!Number.isNaN(value)) expect(half(value)).toBe(bits);
    }
    expect(numberOf(half(Number.NaN))).toBeNaN();
    expect(numberOf(0x7bff)).toBe(LARGEST_HALF);
  });

  it('are the nearest, and the even one of two as near', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [numberOf(bits), numberOf(bits + 1)];
      // Exact in float32, as are its neighbours.
      const middle = (low + high) / 2;
      const step = (high - low) / 2 ** 10;
      expect(half(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(half(middle - step)).toBe(bits);
      expect(half(-middle - step)).toBe(0x8000 | (bits + 1));
    }
  });

  it('end at infinity and zero', () => {
    expect([65519.99, 65520, 1e9, Number.POSITIVE_INFINITY].map(half)).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0x7c00,
    ]);
    expect([2 ** -25, 1.0001 * 2 ** -25, 1e-30, -0].map(half)).toEqual([0, 1, 0, 0x8000]);
  });

  it('are read where the values lie', () => {
    expect([...toHalves(Float32Array.of(9, 1, -2, 9).subarray(1, 3))]).toEqual([0x3c00, 0xc000]);
  });
});
