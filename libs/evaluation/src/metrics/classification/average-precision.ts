import { ascending } from '../ascending.js';
import type { Measure, Weights } from '../metric.js';

/** The scores of one label, best first. */
interface RankedLabel {
  /** Examples, and whether the label was expected of each. */
  examples: Uint32Array;
  expected: Uint8Array;
  /** Where each run of equal scores ends. */
  ends: Uint32Array;
}

/**
 * The mean over labels of Σ (recall − recall before) · precision, going down the scores, equal ones together
 * (scikit-learn, average="macro"). Labels that no example has are left out; scikit-learn counts them as 0.
 * The arrays have an entry for each label of each example.
 */
export function averagePrecision(
  labels: Uint32Array,
  scores: Float64Array,
  expected: (entry: number) => boolean,
  owners: Uint32Array,
): Measure {
  const ranked = entriesByLabel(labels).map((entries) => rankedLabel(entries, scores, expected, owners));
  return (weights) => {
    let sum = 0;
    let count = 0;
    for (const label of ranked) {
      const precision = ofLabel(label, weights);
      if (precision === undefined) continue;
      sum += precision;
      count++;
    }
    return count === 0 ? { reason: 'no example has a label' } : sum / count;
  };
}

function entriesByLabel(labels: Uint32Array): Uint32Array[] {
  const count = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const sizes = new Uint32Array(count);
  for (const label of labels) sizes[label]!++;
  const entries = Array.from(sizes, (size) => new Uint32Array(size));
  const filled = new Uint32Array(count);
  labels.forEach((label, entry) => {
    entries[label]![filled[label]!++] = entry;
  });
  return entries;
}

function rankedLabel(
  entries: Uint32Array,
  scores: Float64Array,
  expected: (entry: number) => boolean,
  owners: Uint32Array,
): RankedLabel {
  const descending = ascending(Float64Array.from(entries, (entry) => -scores[entry]!));
  const sorted = descending.map((place) => entries[place]!);
  const isEnd = (i: number) => i + 1 === sorted.length || scores[sorted[i]!] !== scores[sorted[i + 1]!];
  return {
    examples: sorted.map((entry) => owners[entry]!),
    expected: Uint8Array.from(sorted, (entry) => Number(expected(entry))),
    ends: sorted.map((_, i) => i + 1).filter((end) => isEnd(end - 1)),
  };
}

function ofLabel({ examples, expected, ends }: RankedLabel, weights: Weights): number | undefined {
  let right = 0;
  let seen = 0;
  let sum = 0;
  let i = 0;
  for (const end of ends) {
    const before = right;
    for (; i < end; i++) {
      const weight = weights[examples[i]!]!;
      seen += weight;
      if (expected[i]) right += weight;
    }
    if (right > before) sum += ((right - before) * right) / seen;
  }
  return right === 0 ? undefined : sum / right;
}
