import { createHash } from 'node:crypto';
import { type ApiKeyScope, KEY_PREFIX_LENGTH, newApiKey, newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, inProgress, orInProgress } from '../database/idempotency.js';
import type { Query } from '../database/statement.js';
import type { NewKey } from './api-key.entity.js';

/**
 * Makes a key and returns its secret, which exists nowhere else from then on. The same idempotency key returns the key
 * that exists, with `secret: null`.
 * Errors: `idempotency-key-reused`, `idempotency-in-progress`.
 */
export async function issueKey(
  database: Database,
  key: NewKey,
  actor: Actor,
): Promise<{ id: string; secret: string | null }> {
  const { idempotency } = key;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const inserted = await insertKey(query, key, actor);
      if (inserted) return inserted;
      const [existing] = await query<{ id: string; request_hash: Buffer }>(
        'SELECT id, request_hash FROM api_keys WHERE tenant_id = $1 AND idempotency_key = $2',
        [key.tenantId, idempotency!.key],
      );
      // The key was deleted meanwhile, which frees its idempotency key.
      if (!existing) throw inProgress();
      assertSameRequest(existing.request_hash, idempotency!);
      return { id: existing.id, secret: null };
    }),
  );
}

/** Null when there is a key with that idempotency key. */
export async function insertKey(
  query: Query,
  key: NewKey,
  actor: Actor,
): Promise<{ id: string; secret: string } | null> {
  const secret = newApiKey();
  const { tenantId, name, scopes, expiresAt, rateLimitPerMin, idempotency } = key;
  const [inserted] = await query<{ id: string }>(
    `INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, expires_at, rate_limit_per_min, idempotency_key,
                           request_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
    [
      newUuid(),
      tenantId,
      name,
      secret.slice(0, KEY_PREFIX_LENGTH),
      hashOf(secret),
      scopes,
      expiresAt,
      rateLimitPerMin,
      idempotency?.key ?? null,
      idempotency?.requestHash ?? null,
    ],
  );
  if (!inserted) return null;
  await recordChange(query, actor, {
    tenantId,
    action: 'key.create',
    object: toPublicId('key', inserted.id),
    before: null,
    after: shown(key),
  });
  return { id: inserted.id, secret };
}

/** Takes keys out of service, and ends their sessions: that of the id, or all of the name. Returns how many worked until now. */
export async function revokeKeys(
  database: Database,
  tenantId: string,
  which: { id: string } | { name: string },
  actor: Actor,
): Promise<number> {
  return database.transaction(async (query) => {
    const revoked = await query<Omit<NewKey, 'tenantId' | 'idempotency'> & { id: string }>(
      `UPDATE api_keys SET revoked_at = now(), idempotency_key = NULL
        WHERE tenant_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR name = $3)
       RETURNING id, name, scopes, expires_at AS "expiresAt", rate_limit_per_min AS "rateLimitPerMin"`,
      [tenantId, 'id' in which ? which.id : null, 'name' in which ? which.name : null],
    );
    const ids = revoked.map(({ id }) => id);
    await query('DELETE FROM sessions WHERE key_id = ANY ($1::uuid[])', [ids]);
    for (const key of revoked) {
      const object = toPublicId('key', key.id);
      await recordChange(query, actor, {
        tenantId,
        action: 'key.delete',
        object,
        before: shown(key),
        after: null,
      });
    }
    return revoked.length;
  });
}

/** SHA-256 of a secret. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Of a key, for the audit log. */
function shown(key: {
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  rateLimitPerMin: number | null;
}): Record<string, unknown> {
  return {
    name: key.name,
    scopes: key.scopes,
    expires_at: key.expiresAt?.toISOString() ?? null,
    rate_limit_per_min: key.rateLimitPerMin,
  };
}
