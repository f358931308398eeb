import { HeddleError, LIMITS, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { assertSameRequest, findKeyed, type Idempotency, orInProgress } from '../database/idempotency.js';
import { assertFewOpen } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import { BATCH_EVENTS, CHANGED_BATCH } from '../events/emit.js';
import { roomFor } from '../files/quota.js';
import type { NewBatch, RefusedBatch } from './batch.entity.js';

/**
 * Commits a batch that a dispatcher will work on. The same idempotency key returns the batch that exists
 * (`created: false`).
 * Errors: `not-found` (the file or the version is gone), `idempotency-key-reused`, `idempotency-in-progress`, `quota-exceeded`.
 */
export function createBatch(database: Database, batch: NewBatch): Promise<{ id: string; created: boolean }> {
  const { tenantId, idempotency } = batch;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const [version] = await query(
        'SELECT 1 FROM versions WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
        [batch.versionId],
      );
      if (!version) throw new HeddleError('not-found', 'The model version is not there any more.');
      // The row lock keeps the deletion of the file out.
      const [inserted] = await query<{ id: string }>(
        `WITH file AS (
           SELECT id, sha256, bytes FROM files WHERE tenant_id = $2 AND id = $3 AND purpose = 'batch' AND stored_at IS NOT NULL
              AND (expires_at IS NULL OR expires_at > now()) FOR SHARE)
         INSERT INTO batches (id, tenant_id, file_id, sha256, bytes, version_id, alias, task, parameters, priority, invalid_lines,
                              metadata, deadline, idempotency_key, request_hash, webhook_url, webhook_events, history, dialect)
         SELECT $1, $2, file.id, file.sha256, file.bytes, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11),
                $12, $13, $14, $15, jsonb_build_array(jsonb_build_object('status', 'validating', 'at', now())), $16 FROM file
         ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
        [
          newUuid(),
          tenantId,
          batch.fileId,
          batch.versionId,
          batch.alias,
          batch.task,
          JSON.stringify(batch.parameters),
          batch.priority,
          batch.invalidLines,
          JSON.stringify(batch.metadata),
          batch.windowS,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
          batch.webhook?.url ?? null,
          batch.webhook?.events ?? null,
          batch.dialect ? JSON.stringify(batch.dialect) : null,
        ],
      );
      if (inserted) {
        if (batch.quota) await roomFor(query, tenantId, batch.quota, null);
        await assertFewOpen(query, 'batches', tenantId, LIMITS.maxOpenBatchesPerTenant);
        return { id: inserted.id, created: true };
      }
      return existing(query, tenantId, idempotency);
    }),
  );
}

/**
 * Commits a batch that has failed already, and tells of it: its file names no model that could run it. As for the others, the
 * same idempotency key returns the batch that exists.
 * Errors: `not-found` (the file is gone), `idempotency-key-reused`, `idempotency-in-progress`.
 */
export function createRefused(
  database: Database,
  batch: RefusedBatch,
): Promise<{ id: string; created: boolean }> {
  const { tenantId, idempotency } = batch;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const [inserted] = await query<{ id: string }>(
        `WITH file AS (SELECT id, sha256, bytes FROM files WHERE tenant_id = $2 AND id = $3 AND purpose = 'batch'),
         changed AS (
           INSERT INTO batches AS b (id, tenant_id, file_id, sha256, bytes, parameters, priority, invalid_lines, metadata, deadline,
                                     idempotency_key, request_hash, dialect, state, sequence, history, errors, error_count,
                                     completed_at, expires_at)
           SELECT $1, $2, file.id, file.sha256, file.bytes, '{}', $4, 'reject', $5, now() + make_interval(secs => $6), $7, $8, $9,
                  'failed', 2, jsonb_build_array(jsonb_build_object('status', 'validating', 'at', now()),
                                                 jsonb_build_object('status', 'failed', 'at', now())),
                  $10, $11, now(), now() + make_interval(days => $12) FROM file
           ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING ${CHANGED_BATCH}),
         ${BATCH_EVENTS}
         SELECT id FROM changed`,
        [
          newUuid(),
          tenantId,
          batch.fileId,
          batch.priority,
          JSON.stringify(batch.metadata),
          batch.windowS,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
          JSON.stringify(batch.dialect),
          JSON.stringify(batch.errors),
          batch.errorCount,
          batch.keptDays,
        ],
      );
      return inserted ? { id: inserted.id, created: true } : existing(query, tenantId, idempotency);
    }),
  );
}

/** The batch that was there already. Errors: `not-found` where it was the file that was not, `idempotency-key-reused`. */
async function existing(
  query: Query,
  tenantId: string,
  idempotency: Idempotency | null,
): Promise<{ id: string; created: false }> {
  const found = idempotency && (await findKeyed(query, 'batches', tenantId, idempotency.key));
  if (!found) throw new HeddleError('not-found', 'The file is not there any more.');
  assertSameRequest(found.requestHash, idempotency);
  return { id: found.id, created: false };
}

/** The batch that an idempotency key has made, with the hash of its request. */
export function findByKey(
  database: Database,
  tenantId: string,
  key: string,
): Promise<{ id: string; requestHash: Buffer } | null> {
  return findKeyed((sql, parameters) => database.query(sql, parameters), 'batches', tenantId, key);
}
