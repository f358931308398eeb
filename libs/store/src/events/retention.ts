import { LIMITS } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { RETENTION_BATCH } from '../jobs/retention.js';

/**
 * Removes some of the oldest events whose time is over, with their deliveries and attempts, but none that is still to be
 * sent: it was sent again by hand, and its schedule ends by itself. Returns how many.
 */
export async function removeOldEvents(database: Database): Promise<number> {
  const rows = await database.query(
    `WITH due AS (SELECT v.id FROM webhook_events v WHERE v.created_at < now() - make_interval(days => ${LIMITS.webhookRetentionDays})
                     AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = v.id AND d.status IN ('pending', 'delivering'))
                   ORDER BY v.created_at LIMIT ${RETENTION_BATCH} FOR UPDATE SKIP LOCKED)
     DELETE FROM webhook_events v USING due WHERE v.id = due.id RETURNING v.id`,
  );
  if (rows.length < RETENTION_BATCH) {
    await removeDeletedEndpoints(database);
    await removeSequences(database);
  }
  return rows.length;
}

/** Endpoints that were deleted long enough ago that no delivery names them any more. */
async function removeDeletedEndpoints(database: Database): Promise<void> {
  await database.query(
    `DELETE FROM webhook_endpoints e WHERE e.deleted_at < now() - make_interval(days => ${LIMITS.webhookRetentionDays})
        AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.endpoint_id = e.id)`,
  );
}

/** What numbers the events of endpoints that are gone, and of models that were deleted as long ago: none will come. */
async function removeSequences(database: Database): Promise<void> {
  await database.query(
    `DELETE FROM webhook_event_sequences s
      WHERE NOT EXISTS (SELECT FROM webhook_endpoints e WHERE e.id = s.object_id)
        AND NOT EXISTS (SELECT FROM models m WHERE m.id = s.object_id
                           AND (m.deleted_at IS NULL OR m.deleted_at > now() - make_interval(days => ${LIMITS.webhookRetentionDays})))`,
  );
}
