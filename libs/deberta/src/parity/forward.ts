import { openSession } from '@heddle/runtime';
import { type Comparison, checkForward } from '../graph/__parity__/check-forward.js';
import { WAYS } from '../graph/__parity__/ways.js';
import type { Outcome } from './outcome.js';

/** Every forward case of a checkpoint folder, every way of computing attention. */
export async function forwardOutcomes(folder: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, way] of Object.entries(WAYS)) {
    const comparisons = await checkForward(folder, { way, open: (path) => openSession(path) });
    const cases = new Set(comparisons.map((comparison) => comparison.case));
    for (const id of cases) {
      outcomes.push(
        summary(
          `${id} ${name}`,
          comparisons.filter((comparison) => comparison.case === id),
        ),
      );
    }
  }
  return outcomes;
}

function summary(id: string, comparisons: Comparison[]): Outcome {
  // `not at most 1`, so that a ratio that is no number fails.
  const wrong = comparisons.filter(({ ratio }) => !(ratio <= 1));
  const results = comparisons.filter(({ role }) => role === 'result').length;
  const faults = wrong.map(({ tensor, ratio }) => `${tensor} deviates by ${ratio.toPrecision(3)} tolerances`);
  if (results === 0) faults.push('no result was compared');
  return {
    id,
    fault: faults.length > 0 ? faults.join('; ') : null,
    error: {
      absolute: Math.max(...comparisons.map(({ absolute }) => absolute)),
      relative: Math.max(...comparisons.map(({ relative }) => relative)),
    },
  };
}
