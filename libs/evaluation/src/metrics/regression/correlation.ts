import { ascending } from '../ascending.js';
import { type Measure, type MetricValue, NO_EXAMPLES, type Weights } from '../metric.js';

/** Pearson's correlation. */
export function pearson(expected: Float64Array, predicted: Float64Array): Measure {
  return (weights) => correlation(expected, predicted, weights);
}

/** Spearman's: Pearson's of the ranks, equal values having the mean of their ranks. */
export function spearman(expected: Float64Array, predicted: Float64Array): Measure {
  const ranks = [expected, predicted].map((values) => ({
    values,
    order: ascending(values),
    ranks: new Float64Array(values.length),
  }));
  return (weights) => {
    for (const { values, order, ranks: into } of ranks) rank(values, order, weights, into);
    return correlation(ranks[0]!.ranks, ranks[1]!.ranks, weights);
  };
}

/** Ranks of weighted values: an example of weight 3 stands there three times. `order`: ascending. */
function rank(values: Float64Array, order: Uint32Array, weights: Weights, into: Float64Array): void {
  let before = 0;
  for (let i = 0; i < order.length; ) {
    const value = values[order[i]!]!;
    let end = i;
    let count = 0;
    for (; end < order.length && values[order[end]!] === value; end++) count += weights[order[end]!]!;
    for (; i < end; i++) into[order[i]!] = before + (count + 1) / 2;
    before += count;
  }
}

function correlation(x: Float64Array, y: Float64Array, weights: Weights): MetricValue {
  const first = weights.findIndex((weight) => weight > 0);
  if (first === -1) return NO_EXAMPLES;
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  // Rounding would give constants a spread.
  let isConstantX = true;
  let isConstantY = true;
  for (let i = first; i < x.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    count += weight;
    sumX += weight * x[i]!;
    sumY += weight * y[i]!;
    if (x[i] !== x[first]) isConstantX = false;
    if (y[i] !== y[first]) isConstantY = false;
  }
  if (isConstantX) return { reason: 'all expected values are the same' };
  if (isConstantY) return { reason: 'all predicted values are the same' };
  const meanX = sumX / count;
  const meanY = sumY / count;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = first; i < x.length; i++) {
    const weight = weights[i]!;
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += weight * dx * dx;
    yy += weight * dy * dy;
    xy += weight * dx * dy;
  }
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}
