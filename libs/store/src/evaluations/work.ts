import type { EvaluationError, EvaluationResult } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import { emit } from '../events/emit.js';
import type { ClaimedEvaluation } from './evaluation.entity.js';
import { CHANGE_TO, fenced } from './fence.js';

/** Takes the evaluation that has waited longest, for `leaseMs`, of none of the tenants in `full`; null when none is due. */
export async function claim(
  database: Database,
  leaseMs: number,
  full: string[] = [],
): Promise<ClaimedEvaluation | null> {
  const [row] = await database.query<ClaimedEvaluation>(
    `UPDATE evaluations e SET attempt = e.attempt + 1, due_at = now() + make_interval(secs => $1 / 1000.0)
       FROM (SELECT id FROM evaluations WHERE completed_at IS NULL AND due_at <= now() AND tenant_id <> ALL ($2::uuid[])
              ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due,
            versions v
      WHERE e.id = due.id AND v.id = e.version_id
      RETURNING e.id, e.attempt, e.tenant_id AS "tenantId", e.state, e.version_id AS "versionId", v.manifest,
        e.baseline_version_id AS "baselineVersionId", e.task, e.parameters, e.options, e.invalid_lines AS "invalidLines",
        e.sha256, e.bytes::float8 AS bytes, e.filename, e.format, e.items, e.invalid, e.skipped, e.succeeded, e.failed, e.fed,
        e.output_bytes::float8 AS "outputBytes", extract(epoch FROM e.deadline - now())::float8 * 1000 AS "leftMs"`,
    [leaseMs, full],
    'kept',
  );
  return row ?? null;
}

/** What reading the data set has found. */
export interface ReadDataset {
  format: string;
  items: number;
  invalid: number;
  skipped: number;
  errors: EvaluationError[];
  errorCount: number;
  /** Those of every example, with what the data set decides. */
  parameters: Record<string, unknown>;
}

/** `queued → running`: every example is known to fit. */
export function start(database: Database, fence: Fence, found: ReadDataset): Promise<void> {
  return fenced(database, fence, async (query) => {
    await query(
      `UPDATE evaluations SET ${CHANGE_TO("'running'")}, started_at = now(), format = $2, items = $3, invalid = $4,
              skipped = $5, errors = $6, error_count = $7, parameters = $8 WHERE id = $1`,
      [
        fence.id,
        found.format,
        found.items,
        found.invalid,
        found.skipped,
        JSON.stringify(found.errors),
        found.errorCount,
        JSON.stringify(found.parameters),
      ],
    );
  });
}

/**
 * Writes down how many answers there are, as an event, where there are `least` more than at the last one, or all of them.
 * Not of an evaluation that is another's by now.
 */
export async function tellProgress(
  database: Database,
  { id, attempt }: Fence,
  { least, all }: { least: number; all: number },
): Promise<void> {
  // While it runs, the last entry is the one of its start or that of some progress.
  const told = `CASE WHEN jsonb_typeof(history -> -1) = 'number' THEN (history ->> -1)::int ELSE 0 END`;
  await database.query(
    `UPDATE evaluations SET history = history || to_jsonb(succeeded + failed) WHERE id = $1 AND attempt = $2 AND state = 'running'
        AND succeeded + failed > ${told} AND (succeeded + failed >= ${told} + $3 OR succeeded + failed = $4)`,
    [id, attempt, least, all],
    'kept',
  );
}

/** How an evaluation has ended. */
export type EvaluationEnding =
  | { state: 'succeeded'; result: EvaluationResult }
  | { state: 'failed' | 'expired'; errors: EvaluationError[]; errorCount: number };

/** Ends an evaluation and tells of it; its items are kept for `days`. */
export function end(database: Database, fence: Fence, ending: EvaluationEnding, days: number): Promise<void> {
  return fenced(database, fence, async (query) => {
    const [row] = await query<{ tenantId: string }>(
      `UPDATE evaluations SET ${CHANGE_TO('$2')}, completed_at = now(), result = $3, errors = coalesce($4, errors), error_count = coalesce($5, error_count),
              expires_at = now() + make_interval(days => $6) WHERE id = $1 RETURNING tenant_id AS "tenantId"`,
      [
        fence.id,
        ending.state,
        'result' in ending ? JSON.stringify(ending.result) : null,
        'errors' in ending ? JSON.stringify(ending.errors) : null,
        'errors' in ending ? ending.errorCount : null,
        days,
      ],
    );
    const type = ending.state === 'succeeded' ? 'evaluation.succeeded' : 'evaluation.failed';
    await emit(query, [{ tenantId: row!.tenantId, type, objectId: fence.id }]);
  });
}

/** Ends an evaluation at its owner's wish; false when it has ended (or is not the tenant's). Its items are kept for `days`. */
export async function cancel(
  database: Database,
  tenantId: string,
  id: string,
  days: number,
): Promise<boolean> {
  const rows = await database.query(
    // Another attempt: whoever works on it now has lost it.
    `UPDATE evaluations SET ${CHANGE_TO("'canceled'")}, completed_at = now(), attempt = attempt + 1, expires_at = now() + make_interval(days => $3)
      WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL RETURNING id`,
    [tenantId, id, days],
  );
  return rows.length > 0;
}

/** Jobs that are ended, or let go, in one transaction. */
const RELEASE_LIMIT = 1_000;
/** Seconds that the data of a job stays when its answers are in the items. */
export const RESULT_TTL_S = 3_600;

/**
 * Ends some jobs of an evaluation that has ended, where they have not ended themselves, and lets their data go. Returns the jobs
 * that it has ended; null when no evaluation is left to release.
 */
export async function release(database: Database): Promise<string[] | null> {
  return database.transaction(async (query) => {
    const [evaluation] = await query<{ id: string }>(
      `SELECT id FROM evaluations WHERE completed_at IS NOT NULL AND NOT released ORDER BY completed_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    if (!evaluation) return null;
    const ended = await endOpenJobs(query, evaluation.id);
    const letGo = await query(
      `UPDATE jobs SET result_ttl_s = ${RESULT_TTL_S} WHERE id IN (
         SELECT id FROM jobs WHERE evaluation_id = $1 AND result_ttl_s IS NULL LIMIT ${RELEASE_LIMIT}) RETURNING id`,
      [evaluation.id],
    );
    if (ended.length < RELEASE_LIMIT && letGo.length < RELEASE_LIMIT) {
      await query('DELETE FROM evaluation_jobs WHERE evaluation_id = $1', [evaluation.id]);
      await query('UPDATE evaluations SET released = true WHERE id = $1', [evaluation.id]);
    }
    return ended;
  });
}

async function endOpenJobs(query: Query, id: string): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `UPDATE jobs j SET state = 'canceled', sequence = j.sequence + 1, completed_at = now(), lease_until = NULL, worker_id = NULL
       FROM (SELECT o.id FROM jobs o WHERE o.evaluation_id = $1 AND o.completed_at IS NULL LIMIT ${RELEASE_LIMIT}) open
      WHERE j.id = open.id AND j.state IN ('queued', 'running') RETURNING j.id`,
    [id],
  );
  return rows.map((row) => row.id);
}

/** Items that are removed in one statement. */
const REMOVE_LIMIT = 10_000;

/** Removes some items of evaluations that ended long ago; what they found stays. Returns how many. */
export async function removeOldItems(database: Database): Promise<number> {
  return database.transaction(async (query) => {
    const [due] = await query<{ id: string }>(
      'SELECT id FROM evaluations WHERE expires_at <= now() ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED',
    );
    if (!due) return 0;
    const rows = await query(
      `DELETE FROM evaluation_items WHERE evaluation_id = $1 AND place IN (
         SELECT place FROM evaluation_items WHERE evaluation_id = $1 LIMIT ${REMOVE_LIMIT}) RETURNING place`,
      [due.id],
    );
    if (rows.length < REMOVE_LIMIT)
      await query('UPDATE evaluations SET expires_at = NULL WHERE id = $1', [due.id]);
    // One without items is work done as well: there may be another one behind it.
    return Math.max(1, rows.length);
  });
}
