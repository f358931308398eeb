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
 * Takes up to `limit` undispatched jobs of each priority, lets `choose` pick some and `add` put them into the queue,
 * and marks those that were added. What was chosen stays locked until the mark is committed, so two dispatchers never
 * add the same dispatch; a dispatcher that dies in between leaves rows that are simply dispatched again (same epoch,
 * same queue id). Jobs that are past their deadline are left to the sweep that expires them.
 */
export async function dispatch(
  database: Database,
  versionId: string,
  limit: number,
  add: (chosen: Candidate[]) => Promise<Candidate[]>,
  choose: (candidates: Candidate[]) => Candidate[] = (candidates) => candidates,
): Promise<number> {
  return database.transaction(async (query) => {
    const ofPriority = (priority: number) =>
      `SELECT id, epoch, priority, cost FROM jobs WHERE version_id = $1 AND state = 'queued' AND dispatched_at IS NULL
        AND priority = ${priority} AND deadline > now() ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`;
    await query('SAVEPOINT choosing');
    const candidates = await query<Candidate>(
      `WITH high AS (${ofPriority(0)}), normal AS (${ofPriority(1)}), low AS (${ofPriority(2)})
       SELECT * FROM high UNION ALL SELECT * FROM normal UNION ALL SELECT * FROM low`,
      [versionId, limit],
    );
    let chosen = choose(candidates);
    if (chosen.length === 0) return 0;
    if (chosen.length < candidates.length) {
      // Adding may take a while: whoever wants to cancel one of the others does not wait for it.
      await query('ROLLBACK TO SAVEPOINT choosing');
      const locked = await query<{ id: string }>(
        `SELECT id FROM jobs WHERE id = ANY ($1) AND state = 'queued' AND dispatched_at IS NULL FOR UPDATE SKIP LOCKED`,
        [chosen.map((job) => job.id)],
      );
      const held = new Set(locked.map((job) => job.id));
      chosen = chosen.filter((job) => held.has(job.id));
    }
    const added = await add(chosen);
    await query('UPDATE jobs SET dispatched_at = now() WHERE id = ANY ($1)', [added.map((job) => job.id)]);
    return added.length;
  });
}
