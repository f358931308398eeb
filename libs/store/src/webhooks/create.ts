import { HeddleError, LIMITS, newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, orInProgress } from '../database/idempotency.js';
import { type NewWebhook, shownWebhook } from './webhook.entity.js';

/**
 * Makes an endpoint. The same idempotency key returns the one that exists (`created: false`).
 * Errors: `quota-exceeded` (the tenant has as many as it may), `idempotency-key-reused`, `idempotency-in-progress`.
 */
export async function createWebhook(
  database: Database,
  webhook: NewWebhook,
  actor: Actor,
): Promise<{ id: string; created: boolean }> {
  const { tenantId, idempotency } = webhook;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      // One after another, so that two requests do not both make the last one there may be.
      await query(`SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || $1, 0))`, [tenantId]);
      const [existing] = idempotency
        ? await query<{ id: string; request_hash: Buffer }>(
            'SELECT id, request_hash FROM webhook_endpoints WHERE tenant_id = $1 AND idempotency_key = $2',
            [tenantId, idempotency.key],
          )
        : [];
      if (existing) {
        assertSameRequest(existing.request_hash, idempotency!);
        return { id: existing.id, created: false };
      }
      const [inserted] = await query<{ id: string }>(
        `INSERT INTO webhook_endpoints (id, tenant_id, url, events, description, max_in_flight, idempotency_key, request_hash)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (
           SELECT count(*) FROM webhook_endpoints WHERE tenant_id = $2 AND deleted_at IS NULL) < ${LIMITS.maxWebhooksPerTenant}
         RETURNING id`,
        [
          newUuid(),
          tenantId,
          webhook.url,
          webhook.events,
          webhook.description,
          webhook.maxInFlight,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
        ],
      );
      if (!inserted) {
        throw new HeddleError(
          'quota-exceeded',
          `A tenant has at most ${LIMITS.maxWebhooksPerTenant} webhooks: delete one first.`,
          { headers: { 'Retry-After': '60' } },
        );
      }
      await query('INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) VALUES ($1, $2, $3)', [
        tenantId,
        inserted.id,
        webhook.secret,
      ]);
      await recordChange(query, actor, {
        tenantId,
        action: 'webhook.create',
        object: toPublicId('webhook', inserted.id),
        before: null,
        after: shownWebhook(webhook),
      });
      return { id: inserted.id, created: true };
    }),
  );
}
