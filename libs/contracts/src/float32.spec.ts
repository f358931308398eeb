import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32, float32s } from './float32.js';

const bits = new DataView(new ArrayBuffer(4));
const anyFloat32 = fc.integer({ min: 0, max: 0xffffffff }).map((pattern) => {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
});

/** Slow and plain: the first precision whose digits read back as the same float32. */
function reference(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(9));
}

describe('float32', () => {
  it('prints the digits that a float32 has', () => {
    expect(JSON.stringify(float32s(Float32Array.of(0.9, 0.1, 1 / 3, 1e-7, 16777216, 3.4028235e38, 0)))).toBe(
      '[0.9,0.1,0.33333334,1e-7,16777216,3.4028235e+38,0]',
    );
    expect(float32(0.8999999761581421)).toBe(0.9);
  });

  it('reads back as the same float32, with as few digits as can be', () => {
    fc.assert(
      fc.property(anyFloat32.filter(Number.isFinite), (value) => {
        const decimal = float32(value);
        expect(Math.fround(decimal)).toBe(value);
        const digits = (x: number) => x.toExponential().replace(/e.*|[.-]/g, '').length;
        expect(digits(decimal)).toBeLessThanOrEqual(digits(reference(value)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('never lets a score leave its bounds', () => {
    expect(float32(1 - 2 ** -26)).toBe(1);
    expect(float32(-0)).toBe(-0);
    expect(float32(Number.NaN)).toBeNaN();
  });
});
