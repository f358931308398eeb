import { describe, expect, it } from 'vitest';
import references from '../metrics/__fixtures__/intervals.json' with { type: 'json' };
import { createAccumulator } from '../metrics/index.js';
import { intervals } from './bootstrap.js';
import { reportOf } from './report.js';

const classified = (predicted: number[]) => {
  const accumulator = createAccumulator({ task: 'text-classification', metrics: ['accuracy'] });
  references.expected.forEach((label, index) => {
    const labels = [{ label: String(predicted[index]), score: 1 }];
    accumulator.add({ index, expected: String(label), predicted: { labels } });
  });
  return accumulator;
};

const valued = (count: number, metric: string) => {
  const options = { task: 'text-classification', problemType: 'regression', metrics: [metric] } as const;
  const accumulator = createAccumulator(options);
  references.x.slice(0, count).forEach((expected, index) => {
    accumulator.add({ index, expected, predicted: { value: references.y[index]! } });
  });
  return accumulator;
};

/** Both are estimates: bounds of 4000 and of 20 000 resamples differ by a few hundredths of the width. */
function expectNear(own: number[] | undefined, scipy: number[]): void {
  const tolerance = (scipy[1]! - scipy[0]!) * 0.08;
  own!.forEach((bound, i) => {
    expect(Math.abs(bound - scipy[i]!)).toBeLessThan(tolerance);
  });
}

describe("intervals are near scipy's", () => {
  const options = { seed: 1, resamples: 4000 };

  it('of an accuracy, and of its difference to a baseline of the same examples', async () => {
    const baseline = classified(references.other);
    const report = await reportOf(classified(references.predicted), { ...options, baseline });
    expectNear(report.confidence.accuracy, references.accuracy);
    expectNear(report.difference_confidence!.accuracy, references.accuracy_difference);
    expect(report.difference!.accuracy).toBeCloseTo(
      report.metrics.accuracy! - report.baseline_metrics!.accuracy!,
      12,
    );
  });

  it('of correlations, which are no means', async () => {
    const pearson = await reportOf(valued(400, 'pearson'), options);
    expectNear(pearson.confidence.pearson, references.pearson);
    const spearman = await reportOf(valued(150, 'spearman'), options);
    expectNear(spearman.confidence.spearman, references.spearman);
  });
});

describe('the bootstrap', () => {
  const units = (count: number) => ({ unitOf: Uint32Array.from({ length: count }, (_, i) => i), count });
  const sum = (weights: Uint32Array) => weights.reduce((all, weight) => all + weight, 0);

  it('draws as many units as there are, the same ones for a seed', async () => {
    const drawn = async (seed: number) => {
      const samples: number[][] = [];
      const keep = (weights: Uint32Array) => {
        samples.push([...weights]);
        return 0;
      };
      await intervals([keep], units(50), { seed, resamples: 20 });
      return samples;
    };
    const samples = await drawn(3);
    expect(samples.every((weights) => weights.reduce((a, b) => a + b) === 50)).toBe(true);
    expect(await drawn(3)).toEqual(samples);
    expect(await drawn(4)).not.toEqual(samples);
  });

  it('draws the examples of a unit together', async () => {
    const unitOf = Uint32Array.from([0, 1, 0, 1, 2]);
    const seen: number[][] = [];
    const keep = (weights: Uint32Array) => {
      seen.push([...weights]);
      return sum(weights);
    };
    const [interval] = await intervals([keep], { unitOf, count: 3 }, { seed: 1, resamples: 200 });
    expect(seen.every(([a, b, c, d, e]) => a === c && b === d && a! + b! + e! === 3)).toBe(true);
    expect(interval![0]).toBeLessThan(interval![1]);
  });

  it('gives no interval to what most resamples leave undefined, and none of nothing', async () => {
    const rarely = (weights: Uint32Array) => (weights[0]! > 2 ? 1 : { reason: 'rare' });
    const often = (weights: Uint32Array) => (weights[0]! < 3 ? weights[0]! : { reason: 'rare' });
    const found = await intervals([rarely, often], units(20), { seed: 1, resamples: 300 });
    expect(found).toEqual([null, [0, 2]]);
    expect(await intervals([sum], units(10), { seed: 1, resamples: 0 })).toEqual([null]);
  });

  it('is stopped by its signal', async () => {
    const controller = new AbortController();
    const slow = () => {
      const until = performance.now() + 25;
      while (performance.now() < until);
      controller.abort(new Error('canceled'));
      return 1;
    };
    const { signal } = controller;
    await expect(intervals([slow], units(5), { seed: 1, resamples: 1000, signal })).rejects.toThrow(
      'canceled',
    );
  });
});
