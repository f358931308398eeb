import { isMetric, METRICS } from '@heddle/contracts';
import { CliError, EXIT } from './errors.js';

/** Letters that may be wrong in a name that is meant. */
const MOST_WRONG = 3;

/** The name of a metric of `--metric`. Throws CliError that says which there are. */
export function parseMetric(name: string): string {
  if (isMetric(name)) return name;
  throw new CliError(`--metric "${name}": ${unknownMetric(name)}`, EXIT.usage);
}

/** What is wrong with a name that is no metric's. */
export function unknownMetric(name: string): string {
  const near = METRICS.map((metric) => ({ metric, distance: distanceOf(name.toLowerCase(), metric) }))
    .filter(({ distance }) => distance <= Math.min(MOST_WRONG, name.length / 2))
    .sort((a, b) => a.distance - b.distance)[0];
  const meant = near ? `; did you mean ${near.metric}?` : '.';
  return `"${name}" is not a metric${meant} Metrics are ${METRICS.join(', ')}, with k from 1 to 1000`;
}

/** Letters to change, add or leave out until one is the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + Number(letter !== other[j])));
    row = next;
  }
  return row.at(-1)!;
}
