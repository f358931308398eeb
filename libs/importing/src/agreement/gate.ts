import type { Agreement, AgreementGate } from '@heddle/contracts';

/**
 * What a variant must reach, on texts of many kinds: one decision in two hundred may be another, and probabilities may
 * move by a hundredth on average.
 */
export const GATE: AgreementGate = { min_same_decisions: 0.995, max_mean_difference: 0.01 };

/** Why the gate refuses, for an error message. */
export function shortfall(
  { same_decisions, mean_difference }: Pick<Agreement, 'same_decisions' | 'mean_difference'>,
  gate: AgreementGate,
): string {
  return (
    `${percent(same_decisions)} of the decisions are the same and the mean difference is ` +
    `${mean_difference.toPrecision(2)}; at least ${percent(gate.min_same_decisions)} and at most ` +
    `${gate.max_mean_difference} are wanted.`
  );
}

/** Never for numbers that are not numbers. */
export function passes(
  { same_decisions, mean_difference }: Pick<Agreement, 'same_decisions' | 'mean_difference'>,
  gate: AgreementGate,
): boolean {
  return same_decisions >= gate.min_same_decisions && mean_difference <= gate.max_mean_difference;
}

/** Rounded down: what falls short must not read as if it did not. */
function percent(share: number): string {
  return `${(Math.floor(1000 * share + 1e-9) / 10).toFixed(1)} %`;
}
