/** How many examples a report names. */
const WORST = 100;

export interface WorstExample {
  /** Place in the dataset. */
  index: number;
  loss: number;
}

/** The examples with the highest loss above 0, worst first, equal ones in the dataset's order; NaN is none. */
export function worstExamples(indices: Float64Array, losses: Float64Array): WorstExample[] {
  const worst: WorstExample[] = [];
  losses.forEach((loss, i) => {
    const least = worst.length < WORST ? 0 : worst.at(-1)!.loss;
    if (!(loss > least)) return;
    const place = worst.findIndex((other) => other.loss < loss);
    worst.splice(place === -1 ? worst.length : place, 0, { index: indices[i]!, loss });
    if (worst.length > WORST) worst.pop();
  });
  return worst;
}
