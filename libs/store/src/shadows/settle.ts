import type { ItemResult } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { type Comparison, compareResults, failureOf } from './compare.js';

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
        ORDER BY 1, 2, 3, 4, 5, 6
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
              s.version_id AS "shadowVersionId", ${result('a')} AS own, ${result('b')} AS shadow
         FROM jobs s JOIN jobs p ON p.id = s.shadow_of JOIN versions v ON v.id = p.version_id
           LEFT JOIN job_results a ON a.job_id = p.id LEFT JOIN job_results b ON b.job_id = s.id
        WHERE s.shadow_due AND s.completed_at IS NOT NULL AND s.shadow_of IS NOT NULL
        ORDER BY s.completed_at LIMIT ${COMPARED_AT_ONCE} FOR UPDATE OF s SKIP LOCKED`,
    );
    if (ended.length === 0) return 0;
    await addUp(query, ended.map(summaryOf));
    const ids = ended.map(({ id }) => id);
    // Nobody reads what a second run answered: it goes at once.
    await query(
      'UPDATE jobs SET shadow_due = false, data_removed_at = coalesce(data_removed_at, now()) WHERE id = ANY ($1::uuid[])',
      [ids],
    );
    await query('DELETE FROM job_results WHERE job_id = ANY ($1::uuid[])', [ids]);
    return ended.length;
  });
}

interface Added extends Comparison {
  modelId: string;
  tenantId: string;
  alias: string;
  versionId: string;
  shadowVersionId: string;
  task: string;
  jobs: number;
  failed: number;
  dropped: number;
}

/** What one second run adds to the summary of its alias, version, shadow and task. */
function summaryOf({ modelId, tenantId, alias, versionId, shadowVersionId, task, ...run }: Ended): Added {
  const hasFailed = run.state === 'failed';
  const compared = run.own && run.shadow ? compareResults(run.own, run.shadow) : null;
  const counts = compared ?? (hasFailed ? failureOf(run.own ?? []) : null);
  return {
    ...{ modelId, tenantId, alias, versionId, shadowVersionId, task },
    ...{ jobs: counts ? 1 : 0, failed: hasFailed ? 1 : 0, dropped: counts ? 0 : 1 },
    ...(counts ?? { decisions: 0, same: 0, differences: 0, difference: 0 }),
  };
}

/** Each summary is written once and in one order, so that dispatchers that do so at once do not wait in a circle. */
async function addUp(query: Query, runs: Added[]): Promise<void> {
  await query(
    `INSERT INTO shadow_summaries AS s (model_id, tenant_id, alias, version_id, shadow_version_id, task, jobs, failed, dropped,
                                        decisions, same, differences, difference)
     SELECT "modelId", "tenantId", alias, "versionId", "shadowVersionId", task, sum(jobs), sum(failed), sum(dropped),
            sum(decisions), sum(same), sum(differences), sum(difference)
       FROM json_to_recordset($1) AS r ("modelId" uuid, "tenantId" uuid, alias text, "versionId" uuid, "shadowVersionId" uuid, task text,
              jobs int, failed int, dropped int, decisions int, same int, differences int, difference float8)
      GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
     ON CONFLICT (model_id, alias, version_id, shadow_version_id, task) DO UPDATE SET jobs = s.jobs + excluded.jobs,
       failed = s.failed + excluded.failed, dropped = s.dropped + excluded.dropped, decisions = s.decisions + excluded.decisions,
       same = s.same + excluded.same, differences = s.differences + excluded.differences,
       difference = s.difference + excluded.difference`,
    [JSON.stringify(runs)],
  );
}
