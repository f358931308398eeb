import type { CanaryRollback } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { aliasChanged } from './changed.js';
import { lockModel } from './lock.js';
import { targetOf } from './read.js';

/** Whoever changes something by a rule that was set. */
const HEDDLE: Actor = { key: null, name: 'heddle', requestId: null };
/** Jobs that a rate is taken of at most, unless the rule wants more: what a canary did long ago says little. */
const LATEST_JOBS = 1_000;

/** A canary that was taken away, and why. */
export interface RolledBack {
  model: string;
  alias: string;
  /** UUID of its version. */
  versionId: string;
  reason: string;
}

interface Trial {
  modelId: string;
  tenantId: string;
  model: string;
  alias: string;
  versionId: string;
  canaryId: string;
  since: Date;
  rollback: CanaryRollback;
}

/** Takes away the canaries that are beyond the bounds of their rules; those of one that was changed meanwhile hold for its next look. */
export async function rollBackCanaries(database: Database): Promise<RolledBack[]> {
  const trials = await database.query<Trial>(
    `SELECT a.model_id AS "modelId", m.tenant_id AS "tenantId", m.name AS model, a.name AS alias, a.version_id AS "versionId",
            a.canary_version_id AS "canaryId", a.canary_since AS since, a.canary_rollback AS rollback
       FROM aliases a JOIN models m ON m.id = a.model_id WHERE a.canary_rollback IS NOT NULL`,
  );
  const removed: RolledBack[] = [];
  for (const trial of trials) {
    const reason = await reasonOf(database, trial);
    if (reason === null || !(await takeAway(database, trial))) continue;
    removed.push({ model: trial.model, alias: trial.alias, versionId: trial.canaryId, reason });
  }
  return removed;
}

/** Why the canary goes; null where it stays. */
async function reasonOf(database: Database, trial: Trial): Promise<string | null> {
  const { max_error_rate: errors, max_disagreement: disagreement, min_jobs: least } = trial.rollback;
  if (errors !== undefined) {
    const { jobs, failed } = await outcomesOf(database, trial);
    if (jobs >= least && failed / jobs > errors) return `${failed} of ${jobs} jobs failed`;
  }
  if (disagreement !== undefined) {
    const { jobs, decisions, same } = await comparisonsOf(database, trial);
    const share = decisions === 0 ? 0 : 1 - same / decisions;
    if (jobs >= least && share > disagreement) return `${decisions - same} of ${decisions} decisions differ`;
  }
  return null;
}

async function outcomesOf(
  database: Database,
  { canaryId, alias, since, rollback }: Trial,
): Promise<{ jobs: number; failed: number }> {
  const [row] = await database.query<{ jobs: number; failed: number }>(
    `SELECT count(*)::int AS jobs, (count(*) FILTER (WHERE state = 'failed'))::int AS failed FROM (
       SELECT state FROM jobs WHERE canary AND completed_at IS NOT NULL AND version_id = $1 AND alias = $2 AND completed_at >= $3
          AND created_at >= $3 AND state IN ('succeeded', 'failed') ORDER BY completed_at DESC LIMIT $4) latest`,
    [canaryId, alias, since, Math.max(LATEST_JOBS, rollback.min_jobs)],
  );
  return row!;
}

async function comparisonsOf(
  database: Database,
  { modelId, alias, versionId, canaryId }: Trial,
): Promise<{ jobs: number; decisions: number; same: number }> {
  const [row] = await database.query<{ jobs: number; decisions: number; same: number }>(
    `SELECT coalesce(sum(jobs), 0)::float8 AS jobs, coalesce(sum(decisions), 0)::float8 AS decisions,
            coalesce(sum(same), 0)::float8 AS same
       FROM shadow_summaries WHERE model_id = $1 AND alias = $2 AND version_id = $3 AND shadow_version_id = $4`,
    [modelId, alias, versionId, canaryId],
  );
  return row!;
}

/** False where it is another canary by now, or none. */
function takeAway(database: Database, { tenantId, modelId, alias, canaryId }: Trial): Promise<boolean> {
  return database.transaction(async (query: Query) => {
    const model = await lockModel(query, tenantId, modelId);
    const before = await targetOf(query, modelId, alias);
    if (before?.canary?.versionId !== canaryId || before.canary.rollback === null) return false;
    await query(
      `UPDATE aliases SET canary_version_id = NULL, canary_percent = NULL, canary_since = NULL, canary_rollback = NULL,
              updated_at = clock_timestamp() WHERE model_id = $1 AND name = $2`,
      [modelId, alias],
    );
    const to = { ...before, canary: null };
    await aliasChanged(query, HEDDLE, { tenantId, modelId, model: model.name, alias, from: before, to });
    return true;
  });
}
