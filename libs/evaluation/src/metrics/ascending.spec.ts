import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending } from './ascending.js';

describe('ascending order', () => {
  it('is that of sorting by comparison, equal numbers in their own order', () => {
    const numbers = fc.array(
      fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }), fc.constantFrom(0, -0)),
    );
    fc.assert(
      fc.property(numbers, (all) => {
        const expected = [...all.keys()].sort((a, b) =>
          all[a]! < all[b]! ? -1 : all[a]! > all[b]! ? 1 : a - b,
        );
        expect([...ascending(Float64Array.from(all))]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
