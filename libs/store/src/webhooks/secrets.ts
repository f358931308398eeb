import { toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';

/** What webhooks of an endpoint, or of a tenant's jobs, are signed with. */
export interface SecretRecord {
  secret: string;
  /** Until when secrets before sign as well, the last of them; null when none does. */
  previousExpiresAt: Date | null;
}

/** Replaced secrets that sign beside the current one at most: each is a signature in the header. */
const KEPT_SECRETS = 8;
/** Those of an endpoint, or of a tenant's jobs' URLs. */
const OF = 'tenant_id = $1 AND endpoint_id IS NOT DISTINCT FROM $2::uuid';
const NEWEST_FIRST = 'expires_at IS NULL DESC, created_at DESC, expires_at DESC';

/** The secret of a tenant's jobs' URLs; `fresh` where it has none yet. */
export async function defaultSecret(
  database: Database,
  tenantId: string,
  fresh: string,
): Promise<SecretRecord> {
  await database.query(
    `INSERT INTO webhook_secrets (tenant_id, secret) VALUES ($1, $2)
     ON CONFLICT (tenant_id) WHERE endpoint_id IS NULL AND expires_at IS NULL DO NOTHING`,
    [tenantId, fresh],
  );
  return (await find((sql, parameters) => database.query(sql, parameters), tenantId, null))!;
}

/**
 * Puts a secret in the place of the one there is. That one, and those before it, sign beside it for `graceS` seconds at
 * most. Where it is the current one already, nothing changes: the request came twice. `endpointId` null: that of the
 * tenant's jobs' URLs. Null when there is none.
 */
export async function rotateSecret(
  database: Database,
  tenantId: string,
  endpointId: string | null,
  { secret, graceS }: { secret: string; graceS: number },
  actor: Actor,
): Promise<SecretRecord | null> {
  return database.transaction(async (query) => {
    const [current] = await query<{ secret: string }>(
      `SELECT secret FROM webhook_secrets WHERE ${OF} AND expires_at IS NULL FOR UPDATE`,
      [tenantId, endpointId],
    );
    if (!current) return null;
    if (current.secret !== secret) {
      await replace(query, tenantId, endpointId, secret, graceS);
      await recordChange(query, actor, {
        tenantId,
        action: 'webhook.rotate-secret',
        object: endpointId === null ? 'default' : toPublicId('webhook', endpointId),
        before: null,
        after: { grace_s: graceS },
      });
    }
    return find(query, tenantId, endpointId);
  });
}

async function replace(
  query: Query,
  tenantId: string,
  endpointId: string | null,
  secret: string,
  graceS: number,
): Promise<void> {
  await query(
    `UPDATE webhook_secrets SET expires_at = least(expires_at, now() + make_interval(secs => $3)) WHERE ${OF}`,
    [tenantId, endpointId, graceS],
  );
  await query(
    `DELETE FROM webhook_secrets WHERE ${OF} AND (expires_at <= now() OR secret = $3 OR ctid NOT IN (
       SELECT ctid FROM webhook_secrets WHERE ${OF} ORDER BY created_at DESC LIMIT ${KEPT_SECRETS}))`,
    [tenantId, endpointId, secret],
  );
  await query('INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) VALUES ($1, $2, $3)', [
    tenantId,
    endpointId,
    secret,
  ]);
}

async function find(query: Query, tenantId: string, endpointId: string | null): Promise<SecretRecord | null> {
  const [row] = await query<SecretRecord>(
    `SELECT max(secret) FILTER (WHERE expires_at IS NULL) AS secret, max(expires_at) FILTER (WHERE expires_at > now()) AS "previousExpiresAt"
       FROM webhook_secrets WHERE ${OF} HAVING count(*) > 0`,
    [tenantId, endpointId],
  );
  return row ?? null;
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
    `SELECT coalesce(endpoint_id, tenant_id) AS id, array_agg(secret ORDER BY ${NEWEST_FIRST}) AS secrets
       FROM webhook_secrets
      WHERE (endpoint_id = ANY ($1::uuid[]) OR (endpoint_id IS NULL AND tenant_id = ANY ($2::uuid[])))
        AND (expires_at IS NULL OR expires_at > now())
      GROUP BY 1`,
    [endpointIds, tenantIds],
    'kept',
  );
  return new Map(rows.map(({ id, secrets }) => [id, secrets]));
}
