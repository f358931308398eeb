import type { Database } from '../database/database.js';

/** What came of comparing a canary, as the shadow, with the version of its alias. */
export interface Compared {
  jobs: number;
  decisions: number;
  same: number;
}

/** SQL: `Compared` of all time as JSON; the parameters are expressions of UUIDs and of the alias's name. */
export function comparedSoFar(modelId: string, alias: string, versionId: string, canaryId: string): string {
  return `SELECT jsonb_build_object('jobs', coalesce(sum(jobs), 0), 'decisions', coalesce(sum(decisions), 0), 'same', coalesce(sum(same), 0))
            FROM shadow_summaries WHERE model_id = ${modelId} AND alias = ${alias} AND version_id = ${versionId}
             AND shadow_version_id = ${canaryId}`;
}

/** From here on the trial of a canary is looked at anew: what was compared up to now was good. False where the alias is another by now. */
export async function startAnew(
  database: Database,
  trial: { modelId: string; alias: string; versionId: string; canaryId: string },
  compared: Compared,
): Promise<boolean> {
  const rows = await database.query(
    `UPDATE aliases SET canary_compared = $5 WHERE model_id = $1 AND name = $2 AND version_id = $3 AND canary_version_id = $4 RETURNING 1`,
    [trial.modelId, trial.alias, trial.versionId, trial.canaryId, JSON.stringify(compared)],
  );
  return rows.length > 0;
}
