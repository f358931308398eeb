import {
  evaluateGate,
  evidenceFor,
  type FailedGate,
  type Findings,
  type Gate,
  HeddleError,
} from '@heddle/contracts';

import type { Query } from '../database/statement.js';

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

/** The newest succeeded evaluation of a version that the tenant has made, or the one that is named by its UUID; null where there is none. */
export async function evaluationOf(
  query: Query,
  tenantId: string,
  versionId: string,
  id: string | null = null,
): Promise<VersionEvaluation | null> {
  const [row] = await query<{ id: string; result: Findings }>(
    `SELECT id, result FROM evaluations WHERE tenant_id = $1 AND version_id = $2 AND ($3::uuid IS NULL OR id = $3)
        AND state = 'succeeded' ORDER BY id DESC LIMIT 1`,
    [tenantId, versionId, id],
  );
  return row ? { ...row.result, id: row.id } : null;
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
