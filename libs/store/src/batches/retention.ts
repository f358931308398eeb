import type { Database } from '../database/database.js';
import { RETENTION_BATCH } from '../jobs/retention.js';

/** Seconds that the data of a job stays after its end, when its answers are in the batch's files. */
const RESULT_TTL_S = 3_600;
/** Jobs of one statement. */
const RELEASE_LIMIT = 1_000;

/**
 * Lets the data of some jobs go whose batch has ended: it was kept for the batch's files. Returns how many. Not in the transaction
 * that ends the batch, which would take too long where every line has a job of its own.
 */
export async function releaseJobs(database: Database): Promise<number> {
  return database.transaction(async (query) => {
    const [batch] = await query<{ id: string }>(
      `SELECT id FROM batches WHERE completed_at IS NOT NULL AND NOT released ORDER BY completed_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    if (!batch) return 0;
    const released = await query(
      `UPDATE jobs SET result_ttl_s = ${RESULT_TTL_S} WHERE id IN (
         SELECT id FROM jobs WHERE batch_id = $1 AND result_ttl_s IS NULL LIMIT ${RELEASE_LIMIT}) RETURNING id`,
      [batch.id],
    );
    if (released.length < RELEASE_LIMIT)
      await query('UPDATE batches SET released = true WHERE id = $1', [batch.id]);
    // A batch without jobs is work done as well: there may be another one behind it.
    return Math.max(1, released.length);
  });
}

/** Removes some batches that have ended and are not kept any longer, the oldest first. Returns how many. */
export async function removeOld(database: Database): Promise<number> {
  const rows = await database.query(
    `WITH due AS (SELECT id FROM batches WHERE expires_at <= now() ORDER BY expires_at LIMIT ${RETENTION_BATCH} FOR UPDATE SKIP LOCKED)
     DELETE FROM batches b USING due WHERE b.id = due.id RETURNING b.id`,
  );
  return rows.length;
}
