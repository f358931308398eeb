import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quantizeOutputs, quantizeRows } from './quantize.js';

/** Rows of one size, of float32 values of many magnitudes. */
const tables = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 }))
  .chain(([rows, size]) => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    return fc
      .array(value, { minLength: rows * size, maxLength: rows * size })
      .map((values) => ({ rows, size, values: Float32Array.from(values) }));
  });

it('rows come back within half a step of their scale', () => {
  fc.assert(
    fc.property(tables, ({ rows, size, values: table }) => {
      const { values, scales } = quantizeRows(table, rows);
      expect([values.length, scales.length]).toEqual([rows * size, rows]);
      for (const [i, value] of table.entries()) {
        const scale = scales[Math.floor(i / size)]!;
        expect(Math.abs(values[i]!)).toBeLessThanOrEqual(127);
        // Beyond half a step only by what dividing rounds.
        expect(Math.abs(values[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.500001);
      }
    }),
    { numRuns: 1000 },
  );
});

it('outputs are quantized as rows are, and laid out by input', () => {
  fc.assert(
    fc.property(tables, ({ rows, size, values: weights }) => {
      const outputs = quantizeOutputs(weights, rows);
      const byRow = quantizeRows(weights, rows);
      expect(outputs.scales).toEqual(byRow.scales);
      // A value between two steps may become either.
      for (const [i, value] of byRow.values.entries()) {
        const turned = outputs.values[(i % size) * rows + Math.floor(i / size)]!;
        expect(Math.abs(turned - value)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

it('a row of zeros stays one, and takes nothing from its neighbours', () => {
  const { values, scales } = quantizeRows(Float32Array.of(0, 0, 2, -2, 254, 1), 3);
  expect([...values]).toEqual([0, 0, 127, -127, 127, 1]);
  expect(scales[0]).toBe(1);
  expect(scales[2]).toBe(2);
});
