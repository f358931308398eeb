import type { Database } from '../database/database.js';

/** A job that waits to enter the dispatch window. */
export interface Candidate {
  id: string;
  epoch: number;
  /** 0 high, 1 normal, 2 low. */
  priority: number;
  /** Estimated tokens. */
  cost: number;
}

/** Versions that have undispatched jobs. */
export async function versionsWithBacklog(database: Database): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT v.id FROM versions v WHERE EXISTS (
       SELECT 1 FROM jobs j WHERE j.version_id = v.id AND j.state = 'queued' AND j.dispatched_at IS NULL)`,
  );
  return rows.map((row) => row.id);
}

/** Jobs and estimated tokens that are in the window of a version: dispatched and not ended. */
export async function windowOf(
  database: Database,
  versionId: string,
): Promise<{ jobs: number; cost: number }> {
  const [row] = await database.query<{ jobs: number; cost: number }>(
    `SELECT count(*)::int AS jobs, coalesce(sum(cost), 0)::float8 AS cost FROM jobs
      WHERE version_id = $1 AND state IN ('queued', 'running') AND dispatched_at IS NOT NULL`,
    [versionId],
  );
  return row!;
}

/**
 * Locks up to `limit` undispatched jobs of each priority, lets `add` choose some and put them into the queue,
 * and marks those. The rows stay locked until the mark is committed, so two dispatchers never add the same
 * dispatch; a dispatcher that dies in between leaves rows that are simply dispatched again (same epoch, same
 * queue id). Jobs that are past their deadline are left to the sweep that expires them.
 */
export async function dispatch(
  database: Database,
  versionId: string,
  limit: number,
  add: (candidates: Candidate[]) => Promise<Candidate[]>,
): Promise<number> {
  return database.transaction(async (query) => {
    const ofPriority = (priority: number) =>
      `SELECT id, epoch, priority, cost FROM jobs WHERE version_id = $1 AND state = 'queued' AND dispatched_at IS NULL
        AND priority = ${priority} AND deadline > now() ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`;
    const candidates = await query<Candidate>(
      `WITH high AS (${ofPriority(0)}), normal AS (${ofPriority(1)}), low AS (${ofPriority(2)})
       SELECT * FROM high UNION ALL SELECT * FROM normal UNION ALL SELECT * FROM low`,
      [versionId, limit],
    );
    if (candidates.length === 0) return 0;
    const added = await add(candidates);
    await query('UPDATE jobs SET dispatched_at = now() WHERE id = ANY ($1)', [added.map((job) => job.id)]);
    return added.length;
  });
}
