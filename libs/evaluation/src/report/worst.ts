/** How many examples a report names. */
const WORST = 100;

export interface WorstExample {
  /** Place in the dataset. */
  index: number;
  loss: number;
}

/** The examples with the highest loss above 0, worst first, equal ones in the dataset's order; NaN is none. */
export function worstExamples(indices: Float64Array, losses: Float64Array): WorstExample[] {
  const lossy = Uint32Array.from(losses.keys()).filter((i) => losses[i]! > 0);
  return [...lossy.sort((a, b) => losses[b]! - losses[a]! || a - b).subarray(0, WORST)].map((i) => ({
    index: indices[i]!,
    loss: losses[i]!,
  }));
}
