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

/**
 * The gates that a version does not meet by an evaluation; all of them where there is none. `current`: public id of the version that the
 * alias leads to, which a drop is a drop from; null where there is none yet.
 */
export function failedGates(
  gates: readonly Gate[],
  evaluation: VersionEvaluation | null,
  current: string | null,
): FailedGate[] {
  const found: Findings = evaluation ?? { metrics: {} };
  return gates.flatMap((gate) => {
    const evidence = evidenceFor(gate, found);
    const isOfOther = 'max_drop' in gate && evaluation && current !== null && found.baseline !== current;
    if (isOfOther) evidence.incomplete ??= `it was not compared with ${current}, which the alias leads to`;
    const { passed, ...result } = evaluateGate(gate, evidence);
    return passed ? [] : [result];
  });
}

/** Evaluations of a version that are looked at for one that measured what gates ask. */
const NEWEST = 100;

/**
 * A succeeded evaluation of a version that the tenant has made: the one that is named by its UUID, else the newest that measured all of
 * `metrics`, else the newest; null where there is none.
 */
export async function evaluationOf(
  query: Query,
  tenantId: string,
  versionId: string,
  id: string | null,
  metrics: readonly string[] = [],
): Promise<VersionEvaluation | null> {
  const [row] = await query<{ id: string; result: Findings }>(
    `SELECT id, result FROM (
       SELECT id, result FROM evaluations WHERE tenant_id = $1 AND version_id = $2 AND ($3::uuid IS NULL OR id = $3)
          AND state = 'succeeded' ORDER BY id DESC LIMIT ${NEWEST}) newest
      ORDER BY (result::jsonb -> 'metrics') ?& $4::text[] DESC, id DESC LIMIT 1`,
    [tenantId, versionId, id, [...new Set(metrics)]],
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

function nameOf({ metric, slice, rule, required, reason }: FailedGate): string {
  const of = slice ? ` of ${slice.field} ${slice.value}` : '';
  return `${metric}${of} (${rule} ${required}${reason === undefined ? '' : `: ${reason}`})`;
}
