import { HeddleError, newUuid, toPublicId } from '@heddle/contracts';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';
import type { ImportRequest } from './version.entity.js';

export interface NewImport {
  tenantId: string;
  modelId: string;
  request: ImportRequest;
  /** Ids of uploaded files of the tenant, of purpose `model`. */
  files: string[];
  notes: string;
  idempotency: Idempotency | null;
}

/**
 * Commits a version that a worker will import. The same idempotency key returns the version that exists
 * (`created: false`).
 * Errors: `not-found` (the model, or a file, is not the tenant's or is gone), `idempotency-key-reused`,
 * `idempotency-in-progress`.
 */
export async function requestImport(
  database: Database,
  { tenantId, modelId, request, files, notes, idempotency }: NewImport,
  actor: Actor = LOCAL,
): Promise<{ id: string; created: boolean }> {
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      // The row lock makes the next number this transaction's alone, and keeps the model's deletion out.
      const [model] = await query<{ name: string }>(
        'SELECT name FROM models WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
        [tenantId, modelId],
      );
      if (!model) throw new HeddleError('not-found', 'There is no such model.');
      if (idempotency) {
        const [existing] = await query<{ id: string; request_hash: Buffer }>(
          'SELECT id, request_hash FROM versions WHERE model_id = $1 AND idempotency_key = $2',
          [modelId, idempotency.key],
        );
        if (existing) {
          assertSameRequest(existing.request_hash, idempotency);
          return { id: existing.id, created: false };
        }
      }
      const kept = await query<{ id: string }>(
        `SELECT id FROM files WHERE tenant_id = $1 AND id = ANY ($2) AND purpose = 'model' AND stored_at IS NOT NULL
            AND (expires_at IS NULL OR expires_at > now()) FOR SHARE`,
        [tenantId, files],
      );
      if (kept.length < new Set(files).size)
        throw new HeddleError('not-found', 'A file is not there any more.');
      const id = newUuid();
      const [inserted] = await query<{ number: number }>(
        `INSERT INTO versions (id, model_id, number, status, request, source_files, notes, idempotency_key, request_hash)
         SELECT $1, $2, coalesce(max(number), 0) + 1, 'importing', $3, $4, $5, $6, $7 FROM versions WHERE model_id = $2
         RETURNING number`,
        [
          id,
          modelId,
          JSON.stringify(request),
          files,
          notes,
          idempotency?.key ?? null,
          idempotency?.requestHash ?? null,
        ],
      );
      await recordChange(query, actor, {
        tenantId,
        action: 'version.import',
        object: toPublicId('version', id),
        before: null,
        after: { model: model.name, number: inserted!.number },
      });
      return { id, created: true };
    }),
  );
}
