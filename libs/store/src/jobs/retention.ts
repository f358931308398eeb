import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';

/** Jobs that lose their data or their row in one statement: the inputs and results of one may be tens of megabytes. */
export const RETENTION_BATCH = 100;
/** Rows that go in one statement where each is a few hundred bytes. */
export const SMALL_ROWS_BATCH = 1_000;

/** When the data of job `j` goes, in UTC, in the words of its index. */
const DATA_DUE = "(timezone('UTC', j.completed_at) + make_interval(secs => j.result_ttl_s))";

/**
 * Removes inputs and results of jobs that had ended when the statement began: what ends while it runs has results that
 * it does not see. So do those of their second runs, which are stopped where they have not ended. What was sent to webhooks held them as well; `removeEchoes` follows.
 */
const DATA_OF = (jobs: string) => `
  inputs AS (DELETE FROM job_inputs i USING ${jobs} WHERE i.job_id = ${jobs}.id),
  shadows AS (SELECT s.id FROM jobs s JOIN ${jobs} ON s.shadow_of = ${jobs}.id),
  stopped AS (UPDATE jobs s SET state = 'canceled', sequence = s.sequence + 1, completed_at = now(), lease_until = NULL, worker_id = NULL
                FROM shadows WHERE s.id = shadows.id AND s.completed_at IS NULL),
  results AS (DELETE FROM job_results r WHERE r.job_id IN (SELECT id FROM ${jobs} UNION ALL SELECT id FROM shadows)),
  told AS (UPDATE webhook_events v SET body = NULL, erased_at = now() FROM ${jobs} WHERE v.object_id = ${jobs}.id)`;

/**
 * Removes what webhooks answered, which may repeat the data. In a statement of its own: attempts that were written down
 * while the one before waited for the lock of their event are seen by this one alone; later ones see that it is erased.
 */
async function removeEchoes(query: Query, jobIds: string[]): Promise<void> {
  await query(
    `UPDATE webhook_attempts a SET response_excerpt = NULL FROM webhook_deliveries d JOIN webhook_events v ON v.id = d.event_id
      WHERE v.object_id = ANY ($1::uuid[]) AND a.delivery_id = d.id AND a.response_excerpt IS NOT NULL`,
    [jobIds],
  );
}

/** The lines of a batch's job, and the examples of an evaluation's, are needed until that has ended. */
const NEEDED = `(EXISTS (SELECT 1 FROM batches b WHERE b.id = j.batch_id AND b.completed_at IS NULL)
  OR EXISTS (SELECT 1 FROM evaluations e WHERE e.id = j.evaluation_id AND e.completed_at IS NULL))`;

/**
 * Erases inputs and results of a job that has ended. `not-terminal`: it has not, or its batch or evaluation has not; null: the tenant has no such job. A job
 * whose data was removed before stays as it is.
 */
export async function purge(
  database: Database,
  tenantId: string,
  id: string,
): Promise<'purged' | 'not-terminal' | null> {
  return database.transaction(async (query) => {
    const [row] = await query<{ ended: boolean }>(
      `WITH ended AS (SELECT j.id FROM jobs j
                       WHERE j.tenant_id = $1 AND j.id = $2 AND j.shadow_of IS NULL AND j.state NOT IN ('queued', 'running') AND NOT ${NEEDED} FOR UPDATE),
            ${DATA_OF('ended')},
            marked AS (UPDATE jobs j SET data_removed_at = now() FROM ended
                        WHERE j.id = ended.id AND j.data_removed_at IS NULL)
       SELECT EXISTS (SELECT 1 FROM ended) AS ended FROM jobs WHERE tenant_id = $1 AND id = $2 AND shadow_of IS NULL`,
      [tenantId, id],
    );
    if (!row) return null;
    if (!row.ended) return 'not-terminal';
    await removeEchoes(query, [id]);
    return 'purged';
  });
}

/** Removes the data of some jobs whose `result_ttl_s` has passed, the longest due first. Returns how many. */
export async function removeExpiredData(database: Database): Promise<number> {
  return database.transaction(async (query) => {
    const rows = await query<{ id: string }>(
      `WITH due AS (SELECT j.id FROM jobs j
        WHERE j.completed_at IS NOT NULL AND j.result_ttl_s IS NOT NULL AND j.data_removed_at IS NULL
          AND ${DATA_DUE} <= timezone('UTC', now()) ORDER BY ${DATA_DUE} LIMIT ${RETENTION_BATCH} FOR UPDATE SKIP LOCKED),
          ${DATA_OF('due')}
     UPDATE jobs j SET data_removed_at = now() FROM due WHERE j.id = due.id RETURNING j.id`,
    );
    if (rows.length > 0)
      await removeEchoes(
        query,
        rows.map(({ id }) => id),
      );
    return rows.length;
  });
}

/** Removes some jobs whose data went at least `days` ago, the oldest first. Returns how many. */
export async function removeOldRows(database: Database, days: number): Promise<number> {
  const rows = await database.query(
    `WITH due AS (SELECT id FROM jobs WHERE data_removed_at <= now() - make_interval(days => $1)
                   ORDER BY data_removed_at LIMIT ${RETENTION_BATCH} FOR UPDATE SKIP LOCKED)
     DELETE FROM jobs j USING due WHERE j.id = due.id RETURNING j.id`,
    [days],
  );
  return rows.length;
}
