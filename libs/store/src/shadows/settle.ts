import type { ItemResult } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { type Comparison, compareResults } from './compare.js';

/** Second runs that are compared at once, and bytes of the JSON of results up to which they are. */
const COMPARED_AT_ONCE = 20;
const MAX_COMPARED_BYTES = 1024 * 1024;
/** Jobs that lose their second run in one statement. */
const DROPPED_AT_ONCE = 1_000;

/**
 * Gives up the second runs of jobs that have not had one `boundS` after they ended, and counts them as dropped; those of jobs that did not
 * succeed are given up as well. Returns how many there were.
 */
export async function dropLateShadows(database: Database, boundS: number): Promise<number> {
  const rows = await database.query<{ count: number }>(
    `WITH late AS (
       SELECT id FROM jobs WHERE shadow_due AND completed_at IS NOT NULL AND shadow_of IS NULL
          AND (state <> 'succeeded' OR data_removed_at IS NOT NULL OR completed_at <= now() - make_interval(secs => $1))
        ORDER BY completed_at LIMIT ${DROPPED_AT_ONCE} FOR UPDATE SKIP LOCKED),
     dropped AS (UPDATE jobs j SET shadow_due = false FROM late WHERE j.id = late.id RETURNING j.*),
     counted AS (
       INSERT INTO shadow_summaries AS s (model_id, tenant_id, alias, version_id, shadow_version_id, task, dropped)
       SELECT v.model_id, v.tenant_id, d.alias, d.version_id, d.shadow_version_id, d.task, count(*)
         FROM dropped d JOIN versions v ON v.id = d.version_id WHERE d.state = 'succeeded' GROUP BY 1, 2, 3, 4, 5, 6
       ON CONFLICT (model_id, alias, version_id, shadow_version_id, task) DO UPDATE SET dropped = s.dropped + excluded.dropped)
     SELECT count(*)::int AS count FROM dropped`,
    [boundS],
  );
  return rows[0]!.count;
}

interface Ended {
  id: string;
  state: string;
  task: string;
  alias: string;
  modelId: string;
  tenantId: string;
  versionId: string;
  shadowVersionId: string;
  /** Of the job, and of the second run; null where they are gone or too large. */
  own: ItemResult[] | null;
  shadow: ItemResult[] | null;
  removed: boolean;
}

/**
 * Compares what second runs answered with what the jobs were answered, and adds it up. One that did not run to its end, and one that cannot be
 * compared any more, counts as dropped. Returns how many were taken.
 */
export async function compareShadows(database: Database): Promise<number> {
  return database.transaction(async (query) => {
    const result = (table: string) =>
      `CASE WHEN octet_length(${table}.results::text) <= ${MAX_COMPARED_BYTES} THEN ${table}.results END`;
    const ended = await query<Ended>(
      `SELECT s.id, s.state, s.task, p.alias, v.model_id AS "modelId", v.tenant_id AS "tenantId", p.version_id AS "versionId",
              s.version_id AS "shadowVersionId", ${result('a')} AS own, ${result('b')} AS shadow,
              p.data_removed_at IS NOT NULL AS removed
         FROM jobs s JOIN jobs p ON p.id = s.shadow_of JOIN versions v ON v.id = p.version_id
           LEFT JOIN job_results a ON a.job_id = p.id LEFT JOIN job_results b ON b.job_id = s.id
        WHERE s.shadow_due AND s.completed_at IS NOT NULL AND s.shadow_of IS NOT NULL
        ORDER BY s.completed_at LIMIT ${COMPARED_AT_ONCE} FOR UPDATE OF s SKIP LOCKED`,
    );
    for (const run of ended) await add(query, run);
    const ids = ended.map(({ id }) => id);
    await query('UPDATE jobs SET shadow_due = false WHERE id = ANY ($1::uuid[])', [ids]);
    // What ended while the job's own data was being removed.
    const removed = ended.filter((run) => run.removed).map(({ id }) => id);
    await query('DELETE FROM job_results WHERE job_id = ANY ($1::uuid[])', [removed]);
    return ended.length;
  });
}

async function add(query: Query, run: Ended): Promise<void> {
  const hasFailed = run.state === 'failed';
  const compared = run.own && run.shadow ? compareResults(run.own, run.shadow) : null;
  const counts = compared ?? (hasFailed ? failure(run) : null);
  const { decisions = 0, same = 0, differences = 0, difference = 0 } = counts ?? {};
  await query(
    `INSERT INTO shadow_summaries AS s (model_id, tenant_id, alias, version_id, shadow_version_id, task, jobs, failed, dropped,
                                        decisions, same, differences, difference)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (model_id, alias, version_id, shadow_version_id, task) DO UPDATE SET jobs = s.jobs + excluded.jobs,
       failed = s.failed + excluded.failed, dropped = s.dropped + excluded.dropped, decisions = s.decisions + excluded.decisions,
       same = s.same + excluded.same, differences = s.differences + excluded.differences,
       difference = s.difference + excluded.difference`,
    [
      ...[run.modelId, run.tenantId, run.alias, run.versionId, run.shadowVersionId, run.task],
      ...[counts ? 1 : 0, hasFailed ? 1 : 0, counts ? 0 : 1],
      ...[decisions, same, differences, difference],
    ],
  );
}

/** A version that could not answer at all decided nothing as the other did. */
function failure({ own }: Ended): Partial<Comparison> {
  return { decisions: own?.length ?? 0 };
}
