import { newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { emit } from '../events/emit.js';
import { shownWebhook, WEBHOOK_COLUMNS, type WebhookChange, type WebhookRecord } from './webhook.entity.js';

/** Deliveries that stop waiting in the statement that disables their endpoint; the others do when they are due. */
const SKIPPED_AT_ONCE = 10_000;

/** Changes an endpoint; false when the tenant has none of that id. Enabling one forgets its failures. */
export async function changeWebhook(
  database: Database,
  tenantId: string,
  id: string,
  change: WebhookChange,
  actor: Actor,
): Promise<boolean> {
  const found = await database.transaction(async (query) => {
    const before = await lock(query, tenantId, id);
    if (!before) return false;
    const now = { ...before, ...change };
    await query(
      `UPDATE webhook_endpoints SET url = $2, events = $3, description = $4, max_in_flight = $5 WHERE id = $1`,
      [id, now.url, now.events, now.description, now.maxInFlight],
    );
    if (change.enabled === true) {
      await query(
        `UPDATE webhook_endpoints SET enabled = true, disabled_reason = NULL, consecutive_failures = 0, failing_since = NULL
          WHERE id = $1`,
        [id],
      );
    }
    if (change.enabled === false && before.enabled) {
      await query(`UPDATE webhook_endpoints SET enabled = false, disabled_reason = 'manual' WHERE id = $1`, [
        id,
      ]);
      const data = { endpoint: id, reason: 'manual' };
      // An occurrence of its own: it may be disabled again.
      await emit(
        query,
        [{ tenantId, type: 'webhook.disabled', objectId: id, occurrence: newUuid(), data }],
        id,
      );
    }
    await recordChange(query, actor, {
      tenantId,
      action: 'webhook.update',
      object: toPublicId('webhook', id),
      before: shownWebhook(before),
      after: shownWebhook(now),
    });
    return true;
  });
  if (found && change.enabled === false) await skipWaiting(database, id);
  return found;
}

/** Takes an endpoint away; false when the tenant has none of that id. */
export async function removeWebhook(
  database: Database,
  tenantId: string,
  id: string,
  actor: Actor,
): Promise<boolean> {
  const found = await database.transaction(async (query) => {
    const before = await lock(query, tenantId, id);
    if (!before) return false;
    await query('UPDATE webhook_endpoints SET deleted_at = now(), idempotency_key = NULL WHERE id = $1', [
      id,
    ]);
    await query('DELETE FROM webhook_secrets WHERE endpoint_id = $1', [id]);
    await recordChange(query, actor, {
      tenantId,
      action: 'webhook.delete',
      object: toPublicId('webhook', id),
      before: shownWebhook(before),
      after: null,
    });
    return true;
  });
  if (found) await skipWaiting(database, id);
  return found;
}

async function lock(query: Query, tenantId: string, id: string): Promise<WebhookRecord | undefined> {
  const [found] = await query<WebhookRecord>(
    `SELECT ${WEBHOOK_COLUMNS} FROM webhook_endpoints e
      WHERE e.tenant_id = $1 AND e.id = $2 AND e.deleted_at IS NULL FOR NO KEY UPDATE`,
    [tenantId, id],
  );
  return found;
}

/** After the change, so that outcomes of the endpoint do not wait for so many rows. What it misses is skipped when it is due. */
async function skipWaiting(database: Database, endpointId: string): Promise<void> {
  await database.query(
    `UPDATE webhook_deliveries SET status = 'skipped', next_attempt_at = NULL WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE lane = $1 AND status = 'pending' AND EXISTS (
          SELECT FROM webhook_endpoints WHERE id = $1 AND (NOT enabled OR deleted_at IS NOT NULL))
        LIMIT ${SKIPPED_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
    [endpointId],
  );
}
