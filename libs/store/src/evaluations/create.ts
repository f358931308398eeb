import { HeddleError, LIMITS, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { assertSameRequest, findKeyed, orInProgress } from '../database/idempotency.js';
import { assertFewOpen, RETRY_AFTER_S } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import type { NewEvaluation } from './evaluation.entity.js';

/**
 * Commits an evaluation that a dispatcher will work on. The same idempotency key returns the one that exists
 * (`created: false`).
 * Errors: `not-found` (the file or a version is gone), `idempotency-key-reused`, `idempotency-in-progress`, `quota-exceeded`.
 */
export function createEvaluation(
  database: Database,
  evaluation: NewEvaluation,
): Promise<{ id: string; created: boolean }> {
  const { tenantId, idempotency, versionId, baselineVersionId } = evaluation;
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const wanted = [...new Set([versionId, ...(baselineVersionId ? [baselineVersionId] : [])])].sort();
      const versions = await query(
        'SELECT 1 FROM versions WHERE id = ANY ($1) AND deleted_at IS NULL ORDER BY id FOR KEY SHARE',
        [wanted],
      );
      if (versions.length < wanted.length)
        throw new HeddleError('not-found', 'The model version is not there any more.');
      // The row lock keeps the deletion of the file out.
      const [inserted] = await query<{ id: string }>(
        `WITH file AS (
           SELECT id, sha256, bytes, filename FROM files WHERE tenant_id = $2 AND id = $3 AND purpose = 'dataset'
              AND stored_at IS NOT NULL AND (expires_at IS NULL OR expires_at > now()) FOR SHARE)
         INSERT INTO evaluations (id, tenant_id, file_id, sha256, bytes, filename, version_id, alias, baseline_version_id, task,
                                  parameters, options, priority, invalid_lines, metadata, deadline, idempotency_key, request_hash, history)
         SELECT $1, $2, file.id, file.sha256, file.bytes, file.filename, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                now() + make_interval(secs => $13), $14, $15,
                jsonb_build_array(jsonb_build_object('status', 'queued', 'at', now(), 'sequence', 1)) FROM file
         ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
        [
          newUuid(),
          tenantId,
          evaluation.fileId,
          versionId,
          evaluation.alias,
          baselineVersionId,
          evaluation.task,
          JSON.stringify(evaluation.parameters),
          JSON.stringify(evaluation.options),
          evaluation.priority,
          evaluation.invalidLines,
          JSON.stringify(evaluation.metadata),
          evaluation.windowS,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
        ],
      );
      if (inserted) {
        await assertFewOpen(query, 'evaluations', tenantId, LIMITS.maxOpenEvaluationsPerTenant);
        await assertRoom(query, tenantId);
        return { id: inserted.id, created: true };
      }
      const existing = idempotency && (await findKeyed(query, 'evaluations', tenantId, idempotency.key));
      if (!existing) throw new HeddleError('not-found', 'The file is not there any more.');
      assertSameRequest(existing.requestHash, idempotency);
      return { id: existing.id, created: false };
    }),
  );
}

/** Throws `quota-exceeded` when the answers that are kept of the tenant's evaluations have as many bytes as they may. */
async function assertRoom(query: Query, tenantId: string): Promise<void> {
  const [kept] = await query<{ bytes: number }>(
    `SELECT coalesce(sum(output_bytes), 0)::float8 AS bytes FROM evaluations
      WHERE tenant_id = $1 AND (completed_at IS NULL OR expires_at IS NOT NULL)`,
    [tenantId],
  );
  if (kept!.bytes < LIMITS.maxKeptAnswerBytesPerTenant) return;
  const detail = `The answers of all evaluations may have ${LIMITS.maxKeptAnswerBytesPerTenant} bytes together. Wait until those of older ones have gone.`;
  throw new HeddleError('quota-exceeded', detail, { headers: { 'Retry-After': String(RETRY_AFTER_S) } });
}

/** The evaluation that an idempotency key has made, with the hash of its request. */
export function findByKey(
  database: Database,
  tenantId: string,
  key: string,
): Promise<{ id: string; requestHash: Buffer } | null> {
  return findKeyed((sql, parameters) => database.query(sql, parameters), 'evaluations', tenantId, key);
}
