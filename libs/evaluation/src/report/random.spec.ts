import { describe, expect, it } from 'vitest';
import { seeded, xoshiro128 } from './random.js';

describe('xoshiro128**', () => {
  it("gives what its authors' implementation gives", () => {
    const random = xoshiro128([1, 2, 3, 4]);
    // xoshiro128starstar.c 1.1, also the test vector of Rust's rand_xoshiro.
    expect(Array.from({ length: 10 }, random)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('is another sequence for each seed, 0 included, and even', () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => seeded(seed)());
    expect(new Set(firsts).size).toBe(1000);
    const random = seeded(0);
    const tens = new Float64Array(10);
    for (let i = 0; i < 100_000; i++) tens[Math.floor((random() / 2 ** 32) * 10)]!++;
    // Chi-square of 9 degrees of freedom; 27.9 is exceeded once in a thousand seeds.
    expect(tens.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});
