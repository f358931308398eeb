import { join } from 'node:path';
import { type InferenceChild, probeProvider, startInferenceChild } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkForward } from './__parity__/check-forward.js';
import { GPU_FIXTURES } from './__parity__/gpu-fixtures.js';
import type { ParitySession } from './__parity__/graphs.js';
import { HALF_TOLERANCE, HALVES } from './__parity__/halves.js';

const OWN = join(import.meta.dirname, '__fixtures__');
const TIMEOUT_MS = 60_000;
const refusal = await probeProvider('cuda').then(
  () => null,
  (error: Error) => error.message,
);
if (refusal !== null) console.log(`not run: ${refusal}`);

describe.runIf(refusal === null)('on cuda', () => {
  let child: InferenceChild;
  let loaded = 0;
  beforeAll(() => {
    // Otherwise float32 is multiplied in TF32.
    process.env.NVIDIA_TF32_OVERRIDE = '0';
    child = startInferenceChild({ provider: 'cuda', runTimeoutMs: TIMEOUT_MS, loadTimeoutMs: TIMEOUT_MS });
  });
  afterAll(() => child?.close());

  const open = async (path: string): Promise<ParitySession> => {
    const name = String(loaded++);
    await child.load(name, path);
    return {
      run: async (input) => (await child.run(name, input)).outputs,
      close: () => child.unload(name),
    };
  };

  // With the tolerances of the CPU.
  it.each(GPU_FIXTURES)('%s, %s', { timeout: TIMEOUT_MS }, async (name, lowering) => {
    const way = { lowering, togetherUpTo: Number.POSITIVE_INFINITY };
    const comparisons = await checkForward(join(OWN, name), { way, open });
    expect(comparisons.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
  });

  it.each(HALVES)('in half precision: %s, %s', { timeout: TIMEOUT_MS }, async (name, lowering) => {
    const way = { lowering, togetherUpTo: Number.POSITIVE_INFINITY };
    const options = { way, precision: 'fp16', tolerance: HALF_TOLERANCE, open } as const;
    const comparisons = await checkForward(join(OWN, name), options);
    expect(comparisons.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
  });
});
