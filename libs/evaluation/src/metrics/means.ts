import { places } from './ascending.js';
import { type Measure, type MetricValue, NO_EXAMPLES, type Weights } from './metric.js';

/** The weighted mean of a column; NaN marks an example that has no value, for which `missing` is the reason. */
export function mean(column: Float64Array | Uint32Array, missing = 'an example has no value'): Measure {
  const values = Float64Array.from(column, (value) => (Number.isNaN(value) ? 0 : value));
  const gaps = places(column.length).filter((i) => Number.isNaN(column[i]));
  return (weights) => {
    if (gaps.some((i) => weights[i]! > 0)) return { reason: missing };
    let sum = 0;
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      const weight = weights[i]!;
      sum += weight * values[i]!;
      count += weight;
    }
    return count === 0 ? NO_EXAMPLES : sum / count;
  };
}

/** The mean of a column over the examples whose `among` is `value`. */
export function meanWhere(values: Float64Array, among: Uint32Array, value: number, reason: string): Measure {
  return (weights) => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      if (among[i] !== value) continue;
      sum += weights[i]! * values[i]!;
      count += weights[i]!;
    }
    return ratio(sum, count, reason);
  };
}

/** The sum of one column divided by that of another. */
export function ratioOfSums(over: Uint32Array, under: Uint32Array, reason: string): Measure {
  return (weights) => ratio(weightedSum(over, weights), weightedSum(under, weights), reason);
}

export function weightedSum(values: Float64Array | Uint32Array, weights: Weights): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += weights[i]! * values[i]!;
  return sum;
}

function ratio(over: number, under: number, reason: string): MetricValue {
  return under === 0 ? { reason } : over / under;
}
