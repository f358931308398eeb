import { type FailedGate, type Gate, HeddleError } from '@heddle/contracts';

/** What a succeeded evaluation found out about a version. */
export interface VersionEvaluation {
  /** UUID. */
  id: string;
  metrics: Record<string, number>;
  /** Of the version that it was compared with; null where there was none. */
  baselineMetrics: Record<string, number> | null;
}

/** 0.912 − 0.907 is more than 0.005 in binary numbers. */
const ROUNDING = 1e-12;

/** The gates that a version does not meet by its newest succeeded evaluation; all of them where there is none. */
export function failedGates(gates: Gate[], evaluation: VersionEvaluation | null): FailedGate[] {
  return gates.flatMap((gate): FailedGate[] => {
    const actual = evaluation?.metrics[gate.metric] ?? null;
    const baseline = evaluation?.baselineMetrics?.[gate.metric] ?? null;
    const shown = { metric: gate.metric, actual, baseline };
    if ('min' in gate) {
      const met = actual !== null && actual >= gate.min;
      return met ? [] : [{ ...shown, rule: 'min', required: gate.min }];
    }
    const met = actual !== null && baseline !== null && baseline - actual <= gate.max_drop + ROUNDING;
    return met ? [] : [{ ...shown, rule: 'max_drop', required: gate.max_drop }];
  });
}

/** The newest succeeded evaluation of a version. There are no evaluations yet, so there is never one. */
export async function newestEvaluation(_versionId: string): Promise<VersionEvaluation | null> {
  return null;
}

export function promotionBlocked(alias: string, number: number, failed: FailedGate[]): HeddleError {
  const names = failed.map(({ metric, rule, required }) => `${metric} (${rule} ${required})`).join(', ');
  return new HeddleError(
    'promotion-blocked',
    `The alias ${alias} is gated, and version ${number} does not meet ${names}. "force": true moves it all the same.`,
    { extra: { failed_gates: failed } },
  );
}
