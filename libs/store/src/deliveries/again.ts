import { HeddleError, LIMITS, newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';
import type { Query } from '../database/statement.js';
import { CLOCK_SKEW_MS, leastUuid } from '../database/uuids.js';

/** What is due now, with the whole schedule before it; the attempts before are kept. */
const AGAIN = `status = 'pending', next_attempt_at = now(), failures = 0, silences = 0, delivered_at = NULL`;

/** Sends one again; what waits goes at once, what is under way is left alone. Null: the tenant has none of that id. */
export async function retryDelivery(database: Database, tenantId: string, id: string): Promise<'due' | null> {
  return database.transaction(async (query) => {
    const [found] = await query<{ endpointId: string | null }>(
      'SELECT endpoint_id AS "endpointId" FROM webhook_deliveries WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    if (!found) return null;
    if (found.endpointId !== null) await assertEnabled(query, tenantId, found.endpointId);
    await query(
      `UPDATE webhook_deliveries SET ${AGAIN} WHERE tenant_id = $1 AND id = $2 AND status <> 'delivering'`,
      [tenantId, id],
    );
    return 'due';
  });
}

export interface Replay {
  since: Date;
  /** Null: now. */
  until: Date | null;
  status: 'exhausted' | 'skipped' | 'all';
}

/**
 * Sends what has ended so of an endpoint's events of that time again, the oldest first and no more than
 * `LIMITS.maxReplayedDeliveries`. Returns how many; null: the tenant has no such endpoint. Throws `webhook-disabled`.
 */
export async function replayDeliveries(
  database: Database,
  tenantId: string,
  endpointId: string,
  { since, until, status }: Replay,
  actor: Actor,
): Promise<number | null> {
  return database.transaction(async (query) => {
    if (!(await assertEnabled(query, tenantId, endpointId))) return null;
    const states = status === 'all' ? ['delivered', 'exhausted', 'skipped'] : [status];
    const rows = await query(
      `UPDATE webhook_deliveries SET ${AGAIN} WHERE id IN (
         SELECT id FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND status = ANY ($3::text[])
            AND created_at >= $4 AND id >= $6 AND created_at <= coalesce($5, now()) AND ($7::uuid IS NULL OR id < $7)
          ORDER BY id LIMIT ${LIMITS.maxReplayedDeliveries} FOR UPDATE SKIP LOCKED)
       RETURNING id`,
      // By id as well, for the sake of the index: those from before would all be looked at. An id is made at `created_at`
      // or later in the same transaction.
      [
        tenantId,
        endpointId,
        states,
        since,
        until,
        leastUuid(since.getTime()),
        until && leastUuid(until.getTime() + CLOCK_SKEW_MS),
      ],
    );
    await recordChange(query, actor, {
      tenantId,
      action: 'webhook.replay',
      object: toPublicId('webhook', endpointId),
      before: null,
      after: {
        since: since.toISOString(),
        until: until?.toISOString() ?? null,
        status,
        scheduled: rows.length,
      },
    });
    return rows.length;
  });
}

/**
 * An event that says nothing but that it came, for one endpoint, enabled or not. The same idempotency key returns the
 * delivery that exists (`created: false`). Null: the tenant has no such endpoint.
 */
export async function testWebhook(
  database: Database,
  tenantId: string,
  endpointId: string,
  idempotency: Idempotency | null,
): Promise<{ id: string; created: boolean } | null> {
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const [endpoint] = await query(
        'SELECT FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL',
        [tenantId, endpointId],
      );
      if (!endpoint) return null;
      const [event] = await query<{ id: string }>(
        `INSERT INTO webhook_events (id, tenant_id, type, object_id, occurrence, idempotency_key, request_hash)
         VALUES (new_uuidv7(), $1, 'webhook.test', $2, $3, $4, $5)
         ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
        [tenantId, endpointId, newUuid(), idempotency?.key ?? null, idempotency?.requestHash ?? null],
      );
      if (!event) return existingTest(query, tenantId, idempotency!);
      const [delivery] = await query<{ id: string }>(
        `INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, lane, next_attempt_at)
         VALUES (new_uuidv7(), $1, $2, 'webhook.test', $3, $3, now()) RETURNING id`,
        [tenantId, event.id, endpointId],
      );
      return { id: delivery!.id, created: true };
    }),
  );
}

async function existingTest(
  query: Query,
  tenantId: string,
  idempotency: Idempotency,
): Promise<{ id: string; created: boolean }> {
  const [existing] = await query<{ id: string; requestHash: Buffer }>(
    `SELECT d.id, v.request_hash AS "requestHash" FROM webhook_events v JOIN webhook_deliveries d ON d.event_id = v.id
      WHERE v.tenant_id = $1 AND v.idempotency_key = $2`,
    [tenantId, idempotency.key],
  );
  assertSameRequest(existing?.requestHash ?? null, idempotency);
  return { id: existing!.id, created: false };
}

/**
 * False when the tenant has no such endpoint. Throws `webhook-disabled`. Takes no lock, on which all outcomes of the
 * endpoint would wait: what is due when it is disabled meanwhile is skipped.
 */
async function assertEnabled(query: Query, tenantId: string, endpointId: string): Promise<boolean> {
  const [endpoint] = await query<{ enabled: boolean }>(
    `SELECT enabled AND deleted_at IS NULL AS enabled FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2`,
    [tenantId, endpointId],
  );
  if (!endpoint) return false;
  if (!endpoint.enabled)
    throw new HeddleError(
      'webhook-disabled',
      'The webhook is disabled or deleted, so nothing is sent to it: enable it first.',
    );
  return true;
}
