import type { LabelQuality, MetricValue } from './metric.js';
import type { Tally } from './tally.js';

/** 2·right ÷ (expected + predicted); 0 where there is neither, as scikit-learn says. */
export function f1Of({ expected, predicted, right }: Tally, label: number): number {
  const both = expected[label]! + predicted[label]!;
  return both === 0 ? 0 : (2 * right[label]!) / both;
}

/** The mean F1 of the labels that are expected or predicted at all (scikit-learn, average="macro"). */
export function macroF1(tally: Tally): MetricValue {
  let sum = 0;
  let labels = 0;
  for (let label = 0; label < tally.expected.length; label++) {
    if (tally.expected[label]! + tally.predicted[label]! === 0) continue;
    sum += f1Of(tally, label);
    labels++;
  }
  return labels === 0 ? { reason: 'no label is expected or predicted' } : sum / labels;
}

/** How many labels `per_label` shows at most. */
const MAX_LABELS_SHOWN = 100;

/** Labels that are expected or predicted at all, those with the most support, by name. */
export function perLabel(tally: Tally, names: readonly string[]): LabelQuality[] {
  const seen = names.map((_, label) => label).filter((i) => tally.expected[i]! + tally.predicted[i]! > 0);
  return seen
    .sort((a, b) => tally.expected[b]! - tally.expected[a]! || (names[a]! < names[b]! ? -1 : 1))
    .slice(0, MAX_LABELS_SHOWN)
    .map((i) => ({
      label: names[i]!,
      precision: tally.predicted[i] === 0 ? null : tally.right[i]! / tally.predicted[i]!,
      recall: tally.expected[i] === 0 ? null : tally.right[i]! / tally.expected[i]!,
      f1: f1Of(tally, i),
      support: tally.expected[i]!,
    }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}
