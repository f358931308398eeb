import {
  DEFAULT_ALIAS,
  type Gate,
  HeddleError,
  isImporting,
  newUuid,
  toPublicId,
  type VersionManifest,
  type VersionState,
} from '@heddle/contracts';
import type { Target } from '../aliases/alias.entity.js';
import { aliasChanged } from '../aliases/changed.js';
import { TARGET } from '../aliases/read.js';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import { assertUnused, deleteVersions } from '../versions/manage.js';

export interface NewModel {
  tenantId: string;
  name: string;
  description: string;
  gates?: Gate[];
  gated?: string[];
  idempotency: Idempotency | null;
}

/**
 * Makes a model without versions. The same idempotency key returns the model that exists (`created: false`). The name
 * of a model for every tenant is taken: one without versions would hide it, and whoever uses it would be refused.
 * Errors: `already-exists`, `idempotency-key-reused`, `idempotency-in-progress`.
 */
export async function createModel(
  database: Database,
  { tenantId, name, description, gates = [], gated = [DEFAULT_ALIAS], idempotency }: NewModel,
  actor: Actor = LOCAL,
): Promise<{ id: string; created: boolean }> {
  return orInProgress(idempotency, () =>
    database.transaction(async (query) => {
      const [inserted] = await query<{ id: string }>(
        `INSERT INTO models (id, tenant_id, name, description, idempotency_key, request_hash, gates, gated)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE NOT EXISTS (SELECT 1 FROM models m JOIN tenants t ON t.id = m.tenant_id
                             WHERE m.name = $3 AND m.deleted_at IS NULL AND t.id <> $2 AND t.slug = '${LIBRARY_TENANT}')
         ON CONFLICT DO NOTHING RETURNING id`,
        [
          ...[
            newUuid(),
            tenantId,
            name,
            description,
            idempotency?.key ?? null,
            idempotency?.requestHash ?? null,
          ],
          ...[JSON.stringify(gates), gated],
        ],
      );
      if (inserted) {
        await recordChange(query, actor, {
          tenantId,
          action: 'model.create',
          object: toPublicId('model', inserted.id),
          before: null,
          after: { name, description, ...(gates.length > 0 ? { gates, gated } : {}) },
        });
        return { id: inserted.id, created: true };
      }
      const [existing] = idempotency
        ? await query<{ id: string; request_hash: Buffer }>(
            'SELECT id, request_hash FROM models WHERE tenant_id = $1 AND idempotency_key = $2',
            [tenantId, idempotency.key],
          )
        : [];
      if (!existing) throw new HeddleError('already-exists', `There is a model "${name}" already.`);
      assertSameRequest(existing.request_hash, idempotency!);
      return { id: existing.id, created: false };
    }),
  );
}

/** What may change of a model; what is absent stays. */
export interface ModelChange {
  description?: string;
  gates?: Gate[];
  gated?: string[];
}

/** False when the tenant owns no such model. */
export async function changeModel(
  database: Database,
  tenantId: string,
  id: string,
  change: ModelChange,
  actor: Actor = LOCAL,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const [model] = await query<Required<ModelChange>>(
      'SELECT description, gates, gated FROM models WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
      [tenantId, id],
    );
    if (!model) return false;
    const after = { ...model, ...change };
    await query('UPDATE models SET description = $2, gates = $3, gated = $4 WHERE id = $1', [
      ...[id, after.description, JSON.stringify(after.gates), after.gated],
    ]);
    const object = toPublicId('model', id);
    await recordChange(query, actor, { tenantId, action: 'model.update', object, before: model, after });
    return true;
  });
}

/**
 * Deletes a model with its versions. Returns the ids of the versions; null when the tenant owns no such model.
 * Throws `in-use` while an alias, an unfinished job or an unfinished import needs it; `withAliases`: an alias does not.
 */
export async function removeModel(
  database: Database,
  tenantId: string,
  id: string,
  { withAliases = false }: { withAliases?: boolean } = {},
  actor: Actor = LOCAL,
): Promise<string[] | null> {
  return database.transaction(async (query, system) => {
    const [model] = await query<{ name: string; description: string }>(
      'SELECT name, description FROM models WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
      [tenantId, id],
    );
    if (!model) return null;
    const versions = await query<{ id: string; status: VersionState; manifest: VersionManifest | null }>(
      'SELECT id, status, manifest FROM versions WHERE model_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE',
      [id],
    );
    const ids = versions.map((version) => version.id);
    const removed = withAliases
      ? await query<{ alias: string } & Target>(
          `DELETE FROM aliases a WHERE model_id = $1 RETURNING name AS alias, ${TARGET}`,
          [id],
        )
      : [];
    for (const { alias, ...from } of removed)
      await aliasChanged(query, actor, { tenantId, modelId: id, model: model.name, alias, from, to: null });
    await assertUnused(system, ids);
    if (versions.some(({ status }) => isImporting(status))) {
      throw new HeddleError('in-use', 'A version of it is being imported.');
    }
    await deleteVersions(query, system, versions);
    await query('UPDATE models SET deleted_at = now(), idempotency_key = NULL WHERE id = $1', [id]);
    const object = toPublicId('model', id);
    await recordChange(query, actor, {
      tenantId,
      action: 'model.delete',
      object,
      before: model,
      after: null,
    });
    return ids;
  });
}
