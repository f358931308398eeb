import type { Database } from '../database/database.js';
import { RETENTION_BATCH } from '../jobs/retention.js';

/** Removes some batches that have ended and are not kept any longer, the oldest first. Returns how many. */
export async function removeOld(database: Database): Promise<number> {
  const rows = await database.query(
    `WITH due AS (SELECT id FROM batches WHERE expires_at <= now() ORDER BY expires_at LIMIT ${RETENTION_BATCH} FOR UPDATE SKIP LOCKED)
     DELETE FROM batches b USING due WHERE b.id = due.id RETURNING b.id`,
  );
  return rows.length;
}
