import type { Measure } from './metric.js';

/**
 * The share of groups all of whose examples are right (MultiRC's exact match of a question). A group counts as often as
 * its examples do, which are resampled together. `groups`: 0 for an example without one.
 */
export function groupsRight(right: Uint32Array, groups: Uint32Array): Measure {
  const size = groups.reduce((most, group) => Math.max(most, group), 0) + 1;
  const weightOf = new Float64Array(size);
  const wrong = new Uint8Array(size);
  return (weights) => {
    weightOf.fill(0);
    wrong.fill(0);
    for (let i = 0; i < groups.length; i++) {
      const weight = weights[i]!;
      if (weight === 0 || groups[i] === 0) continue;
      weightOf[groups[i]!] = weight;
      if (right[i] === 0) wrong[groups[i]!] = 1;
    }
    let good = 0;
    let count = 0;
    for (let group = 1; group < size; group++) {
      count += weightOf[group]!;
      if (!wrong[group]) good += weightOf[group]!;
    }
    return count === 0 ? { reason: 'no example has a group' } : good / count;
  };
}
