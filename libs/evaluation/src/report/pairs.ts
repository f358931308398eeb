import { HeddleError } from '@heddle/contracts';
import type { Accumulator } from '../metrics/accumulator.js';
import type { Weights } from '../metrics/metric.js';

/** The examples that a version and its baseline both answered. */
export interface Pair {
  size: number;
  /** Of weights of the version's examples: those of the common ones, for the version's measures and the baseline's. */
  common(weights: Weights): { own: Weights; other: Weights };
  /** Whether these are all examples of both. */
  isComplete: boolean;
}

/** Error: `validation` where they were asked other examples, or expected to answer otherwise. */
export function pairOf(evaluation: Accumulator, baseline: Accumulator): Pair {
  const missing = evaluation.metrics.find((metric) => !baseline.metrics.includes(metric));
  if (missing) throw new HeddleError('validation', `The baseline is not measured by "${missing}".`);
  if (!evaluation.hasSameExamples(baseline)) throw otherExamples('was asked');
  const { own, other } = commonPlaces(evaluation.indices(), baseline.indices());
  const [prints, others] = [evaluation.fingerprints(), baseline.fingerprints()];
  if (own.some((place, i) => prints[place] !== others[other[i]!]))
    throw otherExamples('expects the answers of');

  const isComplete = own.length === evaluation.size && other.length === baseline.size;
  const ownWeights = new Uint32Array(isComplete ? 0 : evaluation.size);
  const otherWeights = new Uint32Array(isComplete ? 0 : baseline.size);
  return {
    size: own.length,
    isComplete,
    common: (weights) => {
      if (isComplete) return { own: weights, other: weights };
      for (let i = 0; i < own.length; i++) {
        const weight = weights[own[i]!]!;
        ownWeights[own[i]!] = weight;
        otherWeights[other[i]!] = weight;
      }
      return { own: ownWeights, other: otherWeights };
    },
  };
}

/** Where numbers that two ascending lists both have stand in each. */
function commonPlaces(one: Float64Array, two: Float64Array): { own: Uint32Array; other: Uint32Array } {
  const own = new Uint32Array(Math.min(one.length, two.length));
  const other = new Uint32Array(own.length);
  let count = 0;
  for (let i = 0, j = 0; i < one.length && j < two.length; ) {
    if (one[i] === two[j]) {
      own[count] = i++;
      other[count++] = j++;
    } else if (one[i]! < two[j]!) i++;
    else j++;
  }
  return { own: own.subarray(0, count), other: other.subarray(0, count) };
}

function otherExamples(what: string): HeddleError {
  return new HeddleError(
    'validation',
    `The baseline ${what} other examples: both need the same, in the same order; those that either failed at are left out.`,
  );
}
