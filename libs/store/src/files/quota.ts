import { HeddleError } from '@heddle/contracts';
import type { Query } from '../database/statement.js';
import type { FileQuota } from './file.entity.js';

/** Space is made by deleting or by expiry, so there is no telling when. */
const RETRY_AFTER_S = 60;

/**
 * Bytes that one more file of the tenant may have, counted without a lock: what is refused here was never stored, and
 * what is not is counted again. A file that exists under this idempotency key may come again.
 * Throws `quota-exceeded` when there is no room for any.
 */
export async function roomFor(
  query: Query,
  tenantId: string,
  quota: FileQuota,
  idempotencyKey: string | null,
): Promise<number> {
  const [kept, [existing]] = [
    await keptBy(query, tenantId),
    await query<{ bytes: number }>(
      'SELECT bytes::float8 AS bytes FROM files WHERE tenant_id = $1 AND idempotency_key = $2',
      [tenantId, idempotencyKey],
    ),
  ];
  const room = kept.files >= quota.files ? -1 : quota.bytes - kept.bytes;
  if (existing) return Math.max(room, existing.bytes);
  if (room < 0) throw overQuota(quota);
  return room;
}

/** Throws `quota-exceeded` when the tenant keeps more, with the file that this transaction has just inserted. */
export async function assertWithin(query: Query, tenantId: string, quota: FileQuota): Promise<void> {
  // Uploads of a tenant are counted one after the other: each sees those before it. Taken last, so nobody waits in a circle.
  await query("SELECT pg_advisory_xact_lock(hashtextextended('files of ' || $1, 0))", [tenantId]);
  const { files, bytes } = await keptBy(query, tenantId);
  if (files > quota.files || bytes > quota.bytes) throw overQuota(quota);
}

export function overQuota(quota: FileQuota): HeddleError {
  const detail = `At most ${quota.files} files of ${quota.bytes} bytes together may be kept. Delete files, or give them an expiry.`;
  return new HeddleError('quota-exceeded', detail, { headers: { 'Retry-After': String(RETRY_AFTER_S) } });
}

async function keptBy(query: Query, tenantId: string): Promise<FileQuota> {
  const [kept] = await query<FileQuota>(
    `SELECT count(*)::int AS files, coalesce(sum(f.bytes), 0)::float8 AS bytes FROM files f
      WHERE f.tenant_id = $1 AND (f.expires_at IS NULL OR f.expires_at > now())`,
    [tenantId],
  );
  return kept!;
}
