import { toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';

/** What webhooks of an endpoint, or of a tenant's jobs, are signed with. */
export interface SecretRecord {
  secret: string;
  /** Until when the secret before signs as well; null when none does. */
  previousExpiresAt: Date | null;
}

const COLUMNS = `secret, CASE WHEN previous_expires_at > now() THEN previous_expires_at END AS "previousExpiresAt"`;

/** The secret of a tenant's jobs' URLs; `fresh` where it has none yet. */
export async function defaultSecret(
  database: Database,
  tenantId: string,
  fresh: string,
): Promise<SecretRecord> {
  await database.query(
    `INSERT INTO webhook_secrets (tenant_id, secret) VALUES ($1, $2)
     ON CONFLICT (tenant_id) WHERE endpoint_id IS NULL DO NOTHING`,
    [tenantId, fresh],
  );
  const [row] = await database.query<SecretRecord>(
    `SELECT ${COLUMNS} FROM webhook_secrets WHERE tenant_id = $1 AND endpoint_id IS NULL`,
    [tenantId],
  );
  return row!;
}

/**
 * Puts a secret in the place of the one there is, which signs beside it for `graceS` seconds. `endpointId` null: that of
 * the tenant's jobs' URLs. Null when there is none.
 */
export async function rotateSecret(
  database: Database,
  tenantId: string,
  endpointId: string | null,
  next: { secret: string; graceS: number },
  actor: Actor,
): Promise<SecretRecord | null> {
  return database.transaction(async (query) => {
    const [row] = await query<SecretRecord>(
      `UPDATE webhook_secrets SET previous = CASE WHEN $4 > 0 THEN secret END,
              previous_expires_at = CASE WHEN $4 > 0 THEN now() + make_interval(secs => $4) END, secret = $3
        WHERE tenant_id = $1 AND endpoint_id IS NOT DISTINCT FROM $2::uuid RETURNING ${COLUMNS}`,
      [tenantId, endpointId, next.secret, next.graceS],
    );
    if (!row) return null;
    await recordChange(query, actor, {
      tenantId,
      action: 'webhook.rotate-secret',
      object: endpointId === null ? 'default' : toPublicId('webhook', endpointId),
      before: null,
      after: { grace_s: next.graceS },
    });
    return row;
  });
}

/**
 * The secrets that are good now, newest first, by endpoint, and by tenant those of its jobs' URLs. Of every tenant: for
 * the process that signs.
 */
export async function secretsOf(
  database: Database,
  endpointIds: string[],
  tenantIds: string[],
): Promise<Map<string, string[]>> {
  const rows = await database.query<{ id: string; secrets: string[] }>(
    `SELECT coalesce(endpoint_id, tenant_id) AS id,
            CASE WHEN previous_expires_at > now() THEN ARRAY[secret, previous] ELSE ARRAY[secret] END AS secrets
       FROM webhook_secrets
      WHERE endpoint_id = ANY ($1::uuid[]) OR (endpoint_id IS NULL AND tenant_id = ANY ($2::uuid[]))`,
    [endpointIds, tenantIds],
    'kept',
  );
  return new Map(rows.map(({ id, secrets }) => [id, secrets]));
}
