import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { chaosAsMarkdown } from './page.mjs';
import { readResults } from './results.mjs';

const run = (more) => ({
  fault: 'F4',
  backend: 'redis',
  seed: 1,
  date: '2026-01-01',
  duration_s: 30,
  healed_s: 1.5,
  accepted: 1000,
  violations: [],
  ...more,
});
const rowOf = (page, start) => page.split('\n').find((line) => line.startsWith(start));

describe('docs/chaos-results.md', () => {
  it('is made of the stored results', async () => {
    const page = await readFile(new URL('../docs/chaos-results.md', import.meta.url), 'utf8');
    expect(page).toBe(chaosAsMarkdown(await readResults()));
  });

  it('sums the seeds of a fault, and says which of them failed of what', () => {
    const runs = [run(), run({ seed: 2, healed_s: null, violations: ['I1: x is lost', 'dispatched late'] })];
    const page = chaosAsMarkdown({ machine: null, runs });
    expect(rowOf(page, '| F4 ')).toMatch(
      /\| redis \| 1, 2 \| 2,000 \| failed with seed 2 \| broken: I1 \| never \| 60 \|/,
    );
    expect(page).toContain('- F4, redis, seed 2: I1: x is lost');
    expect(rowOf(chaosAsMarkdown({ machine: null, runs: [run()] }), '| F4 ')).toMatch(
      /passed \| hold \| 1.5 \| 30/,
    );
  });

  it('says nothing of invariants where there were no jobs to hold them against', () => {
    const rowWith = (more) =>
      rowOf(chaosAsMarkdown({ machine: null, runs: [run({ accepted: 0, ...more })] }), '| F4 ');
    expect(rowWith({})).toMatch(/\| 0 \| passed \| {2}\| 1.5 \|/);
    expect(rowWith({ violations: ['I6: uncaught'] })).toMatch(/\| broken: I6 \|/);
  });

  it('names what was never run, on backends that it applies to', () => {
    const page = chaosAsMarkdown({ machine: null, runs: [] });
    expect(rowOf(page, '| F23 ')).toContain('not run');
    expect(page.split('\n').filter((line) => line.startsWith('| F23 '))).toHaveLength(2);
    expect(page.split('\n').filter((line) => line.startsWith('| F8 '))).toHaveLength(1);
  });
});
