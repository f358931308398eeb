import type { Confusion } from '../metric.js';

/** Labels that have a row of their own: 2500 numbers are as much as is read. */
const MAX_LABELS_SHOWN = 50;

/** The labels with the most examples have rows and columns, by name; the last, null, stands for all others. */
export function confusionOf(
  expected: Uint32Array,
  predicted: Uint32Array,
  names: readonly string[],
): Confusion {
  const examples = new Float64Array(names.length);
  for (let i = 0; i < expected.length; i++) {
    examples[expected[i]!]!++;
    examples[predicted[i]!]!++;
  }
  const ids = names.map((_, id) => id).filter((id) => examples[id]! > 0);
  const byName = (a: number, b: number) => (names[a]! < names[b]! ? -1 : 1);
  const shown = ids
    .sort((a, b) => examples[b]! - examples[a]! || byName(a, b))
    .slice(0, MAX_LABELS_SHOWN)
    .sort(byName);
  const labels: (string | null)[] = shown.map((id) => names[id]!);
  const place = new Uint32Array(names.length).fill(shown.length);
  shown.forEach((id, i) => {
    place[id] = i;
  });
  if (ids.length > shown.length) labels.push(null);
  const counts = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < expected.length; i++) counts[place[expected[i]!]!]![place[predicted[i]!]!]!++;
  return { labels, counts };
}
