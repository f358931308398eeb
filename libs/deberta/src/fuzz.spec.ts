import { describe, expect, it } from 'vitest';
import { fuzz } from '../test/fuzz/fuzz.js';

/**
 * `HEDDLE_FUZZ_COUNT=100000 npm test -- libs/deberta/src/fuzz` for a thorough run, _SEED for other mutants,
 * _ONLY=spm.model for those of some files.
 */
const COUNT = Number(process.env.HEDDLE_FUZZ_COUNT ?? 1000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 1);
const ONLY = process.env.HEDDLE_FUZZ_ONLY ?? '';

describe('damaged and hostile tokenizers and configurations', () => {
  it(`are accepted or refused, ${COUNT} of them`, { timeout: 60_000 + COUNT * 50 }, async () => {
    const { runs, outcomes, faults, slowest, largest } = await fuzz(COUNT, SEED, ONLY);
    const counted = [...outcomes]
      .sort(([, a], [, b]) => b - a)
      .map(([outcome, times]) => `${times} ${outcome}`);
    console.log(
      `${runs} mutants: ${counted.join(', ')}; ` +
        `slowest ${Math.round(slowest.cpuMs)} ms of processor time (${slowest.what}); ` +
        `largest ${Math.round(largest.grownBytes / 2 ** 20)} MiB (${largest.what})`,
    );
    expect(faults).toEqual([]);
    expect(runs).toBe(COUNT);
    if (ONLY !== '') return;
    // The mutants must reach the readers' depths: some are harmless, and every kind of refusal occurs.
    for (const outcome of [
      'accepted',
      'unsupported-tokenizer',
      'invalid-config',
      'unsupported-architecture',
      'missing-tensors',
    ])
      expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(0);
  });
});
