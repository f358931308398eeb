import { mean } from '../means.js';
import type { Measure, ReliabilityBin } from '../metric.js';

/** As Guo et al. 2017, "On Calibration of Modern Neural Networks". */
const BINS = 15;

/** The bin (i/15, (i+1)/15] that each confidence falls into; 0 falls into the first. */
function binsOf(confidences: Float64Array): Uint8Array {
  return Uint8Array.from(confidences, (confidence) => Math.max(0, Math.ceil(confidence * BINS) - 1));
}

/**
 * Expected calibration error: |accuracy − confidence| of each bin, weighted by the examples in it. `confidences`: of
 * the predicted label, NaN where scores are no probabilities.
 */
export function calibrationError(confidences: Float64Array, right: Uint32Array, missing: string): Measure {
  const bins = binsOf(confidences);
  const excess = confidences.map((confidence, i) => confidence - right[i]!);
  const meanConfidence = mean(confidences, missing);
  return (weights) => {
    const confidence = meanConfidence(weights);
    if (typeof confidence !== 'number') return confidence;
    const sums = new Float64Array(BINS);
    let count = 0;
    for (let i = 0; i < bins.length; i++) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      sums[bins[i]!]! += weight * excess[i]!;
      count += weight;
    }
    return sums.reduce((error, sum) => error + Math.abs(sum), 0) / count;
  };
}

/** The curve of all examples, 15 points; undefined where scores are no probabilities. */
export function reliability(confidences: Float64Array, right: Uint32Array): ReliabilityBin[] | undefined {
  if (confidences.some(Number.isNaN)) return undefined;
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  binsOf(confidences).forEach((bin, i) => {
    const sums = bins[bin]!;
    sums.count++;
    sums.confidence += confidences[i]!;
    sums.right += right[i]!;
  });
  return bins.map(({ count, confidence, right: correct }, bin) => ({
    from: bin / BINS,
    to: (bin + 1) / BINS,
    count,
    confidence: count === 0 ? null : confidence / count,
    accuracy: count === 0 ? null : correct / count,
  }));
}
