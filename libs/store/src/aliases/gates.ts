import {
  evaluateGate,
  evidenceFor,
  type FailedGate,
  type Findings,
  type Gate,
  HeddleError,
} from '@heddle/contracts';

/** What a succeeded evaluation found out about a version. */
export interface VersionEvaluation extends Findings {
  /** UUID. */
  id: string;
}

/** The gates that a version does not meet by its newest succeeded evaluation; all of them where there is none. */
export function failedGates(gates: readonly Gate[], evaluation: VersionEvaluation | null): FailedGate[] {
  const found = evaluation ?? { metrics: {} };
  return gates.flatMap((gate) => {
    const { passed, ...result } = evaluateGate(gate, evidenceFor(gate, found));
    return passed ? [] : [result];
  });
}

/** The newest succeeded evaluation of a version. There are no evaluations yet, so there is never one. */
export async function newestEvaluation(_versionId: string): Promise<VersionEvaluation | null> {
  return null;
}

export function promotionBlocked(alias: string, number: number, failed: FailedGate[]): HeddleError {
  const names = failed.map(nameOf).join(', ');
  return new HeddleError(
    'promotion-blocked',
    `The alias ${alias} is gated, and version ${number} does not meet ${names}. "force": true moves it all the same.`,
    { extra: { failed_gates: failed } },
  );
}

function nameOf({ metric, slice, rule, required }: FailedGate): string {
  const of = slice ? ` of ${slice.field} ${slice.value}` : '';
  return `${metric}${of} (${rule} ${required})`;
}
