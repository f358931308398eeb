import { join } from 'node:path';
import { openSession } from '@heddle/runtime';
import { describe, expect, it } from 'vitest';
import { checkForward } from './__parity__/check-forward.js';
import { HALF_TOLERANCE, HALVES } from './__parity__/halves.js';

const OWN = join(import.meta.dirname, '__fixtures__');
/** What rounding moves at least: float32 is a hundred times nearer. */
const ROUNDED = 1e-4;

describe.each(['rounded', 'fp16'] as const)('on the CPU, %s', (precision) => {
  it.each(HALVES)('%s, %s', async (name, lowering) => {
    const comparisons = await checkForward(join(OWN, name), {
      way: { lowering, togetherUpTo: Number.POSITIVE_INFINITY },
      open: openSession,
      precision,
      tolerance: HALF_TOLERANCE,
    });
    expect(comparisons.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    const results = comparisons.filter(({ role }) => role === 'result');
    expect(Math.max(...results.map(({ absolute }) => absolute))).toBeGreaterThan(ROUNDED);
  });
});
