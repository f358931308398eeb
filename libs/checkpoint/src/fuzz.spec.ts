import { describe, expect, it } from 'vitest';
import { fuzz } from '../test/fuzz/fuzz.js';

/** `HEDDLE_FUZZ_COUNT=100000 npm test -- libs/checkpoint/src/fuzz` for a thorough run, _SEED for other mutants. */
const COUNT = Number(process.env.HEDDLE_FUZZ_COUNT ?? 3000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 1);

describe('damaged and hostile files', () => {
  it(`are accepted or refused, ${COUNT} of them`, { timeout: 60_000 + COUNT * 20 }, async () => {
    const report = await fuzz(COUNT, SEED);
    const outcomes = [...report.outcomes].sort(([, a], [, b]) => b - a);
    const megabytes = Math.round(report.grownBytes / 2 ** 20);
    console.log(
      `${report.runs} mutants: ${outcomes.map(([outcome, times]) => `${times} ${outcome}`).join(', ')}; ` +
        `slowest ${Math.round(report.slowestMs)} ms (${report.slowest}); memory grew by ${megabytes} MiB`,
    );
    expect(report.runs).toBe(COUNT);
    // The mutants must reach the readers' depths: some are harmless, and every kind of refusal occurs.
    for (const outcome of [
      'accepted',
      'invalid-weights',
      'unsafe-pickle',
      'unsafe-archive',
      'model-nonfinite',
    ]) {
      expect(report.outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(0);
    }
    // Safety requirements: nothing hangs, and no number in a file decides how much is allocated.
    expect(report.slowestMs).toBeLessThan(5000);
    expect(report.grownBytes).toBeLessThan(512 * 1024 * 1024);
  });
});
