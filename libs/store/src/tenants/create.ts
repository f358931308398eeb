import { type ApiKeyScope, HeddleError, newUuid } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, orInProgress } from '../database/idempotency.js';
import { insertKey } from '../keys/issue.js';
import { shownTenant } from './change.js';
import type { NewTenant } from './tenant.entity.js';

/** The key that a tenant begins with: its owner makes the others. */
const FIRST_KEY = { name: 'first', scopes: ['infer', 'read', 'manage'] satisfies ApiKeyScope[] };

/**
 * Makes a tenant with a first key, whose secret exists nowhere else from then on. The same idempotency key returns the
 * tenant that exists, with `key: null`.
 * Errors: `already-exists`, `idempotency-key-reused`, `idempotency-in-progress`.
 */
export async function createTenant(
  database: Database,
  tenant: NewTenant,
  actor: Actor,
): Promise<{ id: string; key: { id: string; secret: string } | null }> {
  const { createdBy, slug, name, limits, suspended, idempotency } = tenant;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const [inserted] = await query<{ id: string }>(
        `INSERT INTO tenants (id, slug, name, rate_limit_per_min, max_queued_items, suspended_at, created_by,
                              idempotency_key, request_hash)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id`,
        [
          newUuid(),
          slug,
          name,
          limits.rateLimitPerMin,
          limits.maxQueuedItems,
          suspended,
          createdBy,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
        ],
      );
      if (!inserted) {
        const [existing] = idempotency
          ? await query<{ id: string; request_hash: Buffer }>(
              'SELECT id, request_hash FROM tenants WHERE created_by = $1 AND idempotency_key = $2',
              [createdBy, idempotency.key],
            )
          : [];
        if (!existing) throw new HeddleError('already-exists', `There is a tenant "${slug}" already.`);
        assertSameRequest(existing.request_hash, idempotency!);
        return { id: existing.id, key: null };
      }
      await recordChange(query, actor, {
        tenantId: inserted.id,
        action: 'tenant.create',
        object: slug,
        before: null,
        after: shownTenant({ name, ...limits, suspended }),
      });
      const own = { tenantId: inserted.id, expiresAt: null, rateLimitPerMin: null, idempotency: null };
      return { id: inserted.id, key: await insertKey(query, { ...FIRST_KEY, ...own }, actor) };
    }),
  );
}
