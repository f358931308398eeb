import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { DOCS_SEED, withTable } from '../scaling.mjs';
import { comparePatterns, POLICY } from './compare.mjs';
import { PATTERNS } from './patterns.mjs';
import { svgOf, textPlot } from './plots.mjs';
import { simulate } from './simulate.mjs';

const file = (name) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the simulator', () => {
  let compared;
  beforeAll(() => {
    compared = comparePatterns(DOCS_SEED);
  });

  it('shows what docs/scaling.md and its chart show', async () => {
    const page = await file('scaling.md');
    expect(withTable(page, compared)).toBe(page);
    expect(svgOf(compared)).toBe(await file('images/scaling.svg'));
  });

  it('does all work, and pays for no fewer workers than it needs', () => {
    for (const { pattern, scaled, same_wait: fixed } of compared) {
      expect(scaled.left_tokens).toBe(0);
      const { demand, hours } = scaled.samples.reduce(
        (sum, sample) => ({ demand: sum.demand + sample.demand, hours: sum.hours + sample.workers }),
        { demand: 0, hours: 0 },
      );
      expect(hours).toBeGreaterThanOrEqual(demand);
      expect(fixed.p95_s).toBeLessThanOrEqual(scaled.p95_s);
      expect(textPlot(scaled)).toContain('workers');
      expect(pattern.title).not.toBe('');
    }
  });

  it('pays less than a fixed fleet where traffic changes, and has none while there is none', () => {
    const of = (name) => compared.find(({ pattern }) => pattern.name === name);
    for (const name of ['daily wave', 'working hours', 'burst'])
      expect(of(name).scaled.worker_hours).toBeLessThan(0.6 * of(name).same_wait.worker_hours);
    const night = of('working hours').scaled.samples.filter(({ t }) => t > 1_000 && t < 9 * 3_600);
    expect(Math.max(...night.map(({ workers }) => workers))).toBe(0);
  });

  it('is the same for a seed, and another for another', () => {
    const figures = (seed) => JSON.stringify(simulate(PATTERNS[0], { seed, policy: POLICY }));
    const [first, again, other] = [3, 3, 4].map(figures);
    expect(again === first).toBe(true);
    expect(other === first).toBe(false);
  });
});
