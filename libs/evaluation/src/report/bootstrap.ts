import type { Interval } from '@heddle/contracts';
import type { MetricValue, Weights } from '../metrics/metric.js';
import { turns } from '../turns.js';
import { seeded } from './random.js';

/** An interval of fewer defined values says little. */
const MIN_DEFINED = 0.5;

export interface Resampling {
  /** 32 bits, whole. */
  seed: number;
  resamples: number;
  signal?: AbortSignal | undefined;
}

/** `before`: the values of the statistics before it, of the same weights. */
export type Statistic = (weights: Weights, before: readonly MetricValue[]) => MetricValue;

/** Examples are drawn as units: `unitOf` of each example, from 0 to `count` − 1. */
export interface Units {
  unitOf: Uint32Array;
  count: number;
}

/**
 * The 95 % percentile intervals (Efron) of statistics of the examples: each resample draws as many units as there are,
 * with replacement, and all statistics see the same ones. Null for a statistic that most resamples leave undefined.
 * Gives way to others in between. Throws the signal's reason.
 */
export async function intervals(
  statistics: readonly Statistic[],
  units: Units,
  { seed, resamples, signal }: Resampling,
): Promise<(Interval | null)[]> {
  const draw = drawer(units, seed);
  const found = statistics.map(() => ({ values: new Float64Array(resamples), count: 0 }));
  const giveWay = turns(signal);
  for (let i = 0; i < resamples; i++) {
    const weights = draw();
    const drawn: MetricValue[] = [];
    for (const [s, statistic] of statistics.entries()) {
      const value = statistic(weights, drawn);
      drawn.push(value);
      if (typeof value === 'number') found[s]!.values[found[s]!.count++] = value;
      await giveWay();
    }
  }
  return found.map(({ values, count }) => {
    if (count === 0 || count < MIN_DEFINED * resamples) return null;
    const sorted = values.subarray(0, count).sort();
    return [percentile(sorted, 0.025), percentile(sorted, 0.975)];
  });
}

/** Weights of the examples of one resample; the array is used again by the next. */
function drawer({ unitOf, count }: Units, seed: number): () => Weights {
  const random = seeded(seed);
  const counts = new Uint32Array(count);
  // Units are numbered as they come: as many units as examples are the examples themselves.
  const weights = count === unitOf.length ? counts : new Uint32Array(unitOf.length);
  return () => {
    counts.fill(0);
    // 32 bits times the count stay exact below 2^21 units, and even over a million to a part in four thousand.
    for (let i = 0; i < count; i++) counts[Math.floor((random() * count) / 2 ** 32)]!++;
    if (weights !== counts) for (let i = 0; i < weights.length; i++) weights[i] = counts[unitOf[i]!]!;
    return weights;
  };
}

/** Between the two nearest of sorted values, in proportion (numpy's default). */
function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
