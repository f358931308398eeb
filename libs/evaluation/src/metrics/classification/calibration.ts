import { type Measure, NO_EXAMPLES, type ReliabilityBin, type Weights } from '../metric.js';

/** As Guo et al. 2017, "On Calibration of Modern Neural Networks". */
const BINS = 15;

/** The bin (i/15, (i+1)/15] that each confidence falls into; 0 falls into the first. */
function binsOf(confidences: Float64Array): Uint32Array {
  return Uint32Array.from(confidences, (confidence) => Math.max(0, Math.ceil(confidence * BINS) - 1));
}

function sums(confidences: Float64Array, bins: Uint32Array, right: Uint32Array, weights: Weights) {
  const count = new Float64Array(BINS);
  const confidence = new Float64Array(BINS);
  const correct = new Float64Array(BINS);
  for (let i = 0; i < bins.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    const bin = bins[i]!;
    count[bin]! += weight;
    confidence[bin]! += weight * confidences[i]!;
    correct[bin]! += weight * right[i]!;
  }
  return { count, confidence, correct };
}

/**
 * Expected calibration error: |accuracy − confidence| of each bin, weighted by the examples in it. `confidences`: of
 * the predicted label, NaN where scores are no probabilities.
 */
export function calibrationError(confidences: Float64Array, right: Uint32Array, missing: string): Measure {
  const bins = binsOf(confidences);
  return (weights) => {
    const { count, confidence, correct } = sums(confidences, bins, right, weights);
    let error = 0;
    let examples = 0;
    for (let bin = 0; bin < BINS; bin++) {
      error += Math.abs(correct[bin]! - confidence[bin]!);
      examples += count[bin]!;
    }
    if (Number.isNaN(error)) return { reason: missing };
    return examples === 0 ? NO_EXAMPLES : error / examples;
  };
}

/** The curve, 15 points; undefined where scores are no probabilities. */
export function reliability(
  confidences: Float64Array,
  right: Uint32Array,
  weights: Weights,
): ReliabilityBin[] | undefined {
  const { count, confidence, correct } = sums(confidences, binsOf(confidences), right, weights);
  if (confidence.some(Number.isNaN)) return undefined;
  return Array.from(count, (examples, bin) => ({
    from: bin / BINS,
    to: (bin + 1) / BINS,
    count: examples,
    confidence: examples === 0 ? null : confidence[bin]! / examples,
    accuracy: examples === 0 ? null : correct[bin]! / examples,
  }));
}
