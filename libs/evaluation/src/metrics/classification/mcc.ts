import type { MetricValue } from '../metric.js';
import { type Tally, total } from '../tally.js';

/**
 * Matthews' correlation of any number of labels (Gorodkin's R_K, as scikit-learn). 0 where all examples are predicted
 * as one label; not defined where all are expected to be one, for which scikit-learn says 0 too.
 */
export function mcc({ expected, predicted, right }: Tally): MetricValue {
  const count = total(expected);
  const sumOf = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const expectedSpread = count * count - sumOf(expected, expected);
  const predictedSpread = count * count - sumOf(predicted, predicted);
  if (expectedSpread === 0) return { reason: 'all examples have the same expected label' };
  if (predictedSpread === 0) return 0;
  const covariance = total(right) * count - sumOf(expected, predicted);
  return covariance / Math.sqrt(expectedSpread) / Math.sqrt(predictedSpread);
}
