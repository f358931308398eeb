import type { CanaryRollback } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { aliasChanged } from './changed.js';
import { lockModel } from './lock.js';
import { REVISION, targetOf } from './read.js';
import { type Compared, comparedSoFar, startAnew } from './trial.js';

/** Whoever changes something by a rule that was set. */
const HEDDLE: Actor = { key: null, name: 'heddle', requestId: null };
/** Jobs, or comparisons, that a rate is taken of at most, unless the rule wants more: what a canary did long ago says little. */
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
  /** Of the alias, when it was looked at. */
  revision: string;
  /** Before this trial, or what of it was good. */
  before: Compared | null;
  compared: Compared;
}

/**
 * Takes away the canaries that are beyond the bounds of their rules; one whose alias was changed meanwhile is looked at again.
 * A paused one is not looked at: its jobs expire for want of a worker. An error of one keeps nobody else from being looked at: `errors` has them.
 */
export async function rollBackCanaries(
  database: Database,
): Promise<{ removed: RolledBack[]; errors: unknown[] }> {
  const trials = await database.query<Trial>(
    `SELECT a.model_id AS "modelId", m.tenant_id AS "tenantId", m.name AS model, a.name AS alias, a.version_id AS "versionId",
            a.canary_version_id AS "canaryId", a.canary_since AS since, a.canary_rollback AS rollback,
            ${REVISION} AS revision, a.canary_compared AS before,
            (${comparedSoFar('a.model_id', 'a.name', 'a.version_id', 'a.canary_version_id')}) AS compared
       FROM aliases a JOIN models m ON m.id = a.model_id JOIN versions v ON v.id = a.canary_version_id AND v.paused_at IS NULL
      WHERE a.canary_rollback IS NOT NULL`,
  );
  const removed: RolledBack[] = [];
  const errors: unknown[] = [];
  for (const trial of trials) {
    try {
      const reason = await reasonOf(database, trial);
      if (reason === null || !(await takeAway(database, trial))) continue;
      removed.push({ model: trial.model, alias: trial.alias, versionId: trial.canaryId, reason });
    } catch (error) {
      errors.push(error);
    }
  }
  return { removed, errors };
}

/** Why the canary goes; null where it stays. */
async function reasonOf(database: Database, trial: Trial): Promise<string | null> {
  const { max_error_rate: errors, max_disagreement: disagreement, min_jobs: least } = trial.rollback;
  if (errors !== undefined) {
    const { jobs, failed } = await outcomesOf(database, trial);
    if (jobs >= least && failed / jobs > errors) return `${failed} of ${jobs} jobs failed or expired`;
  }
  if (disagreement !== undefined) {
    const { compared, before } = trial;
    const jobs = compared.jobs - (before?.jobs ?? 0);
    const decisions = compared.decisions - (before?.decisions ?? 0);
    const differ = decisions - compared.same + (before?.same ?? 0);
    const share = decisions === 0 ? 0 : differ / decisions;
    if (jobs >= least && share > disagreement) return `${differ} of ${decisions} decisions differ`;
    if (jobs >= Math.max(LATEST_JOBS, least)) await startAnew(database, trial, compared);
  }
  return null;
}

async function outcomesOf(
  database: Database,
  { canaryId, alias, since, rollback }: Trial,
): Promise<{ jobs: number; failed: number }> {
  const [row] = await database.query<{ jobs: number; failed: number }>(
    `SELECT count(*)::int AS jobs, (count(*) FILTER (WHERE state <> 'succeeded'))::int AS failed FROM (
       SELECT state FROM jobs WHERE canary AND completed_at IS NOT NULL AND version_id = $1 AND alias = $2 AND completed_at >= $3
          AND created_at >= $3 AND state IN ('succeeded', 'failed', 'expired') ORDER BY completed_at DESC LIMIT $4) latest`,
    [canaryId, alias, since, Math.max(LATEST_JOBS, rollback.min_jobs)],
  );
  return row!;
}

/** False where the alias is another by now. */
function takeAway(database: Database, { tenantId, modelId, alias, revision }: Trial): Promise<boolean> {
  return database.transaction(async (query: Query) => {
    const model = await lockModel(query, tenantId, modelId);
    const before = await targetOf(query, modelId, alias);
    if (before?.revision !== revision) return false;
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
