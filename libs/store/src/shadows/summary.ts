import type { Database } from '../database/database.js';

/** What came of the second runs of one task. */
export interface ShadowSummary {
  task: string;
  /** Compared ones; of those, the ones that failed as a whole; and jobs that got no second run, or none that ended. */
  jobs: number;
  failed: number;
  dropped: number;
  decisions: number;
  same: number;
  differences: number;
  /** Sum over `differences`. */
  difference: number;
}

/** By task, of an alias while it led to this version and had that shadow. */
export function summariesOf(
  database: Database,
  of: { modelId: string; alias: string; versionId: string; shadowVersionId: string },
): Promise<ShadowSummary[]> {
  return database.query<ShadowSummary>(
    `SELECT task, jobs::float8, failed::float8, dropped::float8, decisions::float8, same::float8, differences::float8, difference
       FROM shadow_summaries WHERE model_id = $1 AND alias = $2 AND version_id = $3 AND shadow_version_id = $4 ORDER BY task`,
    [of.modelId, of.alias, of.versionId, of.shadowVersionId],
  );
}
