import { type ImportReport, newUuid, toPublicId, type VersionManifest } from '@heddle/contracts';
import { pointDefaultAlias } from '../aliases/first.js';
import { LOCAL } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import { lockContents } from '../contents/content.repository.js';
import type { Database } from '../database/database.js';
import { emit } from '../events/emit.js';
import { contentsOf, digestOfManifest } from '../versions/finish.js';

export interface NewVersion {
  tenantId: string;
  name: string;
  description: string;
  manifest: VersionManifest;
  report?: ImportReport;
}

/**
 * Adds a version that is ready, of a model that is made when absent, and points `production` at the first one. The
 * same manifest again returns the version that exists.
 */
export async function addVersion(
  database: Database,
  input: NewVersion,
): Promise<{ id: string; number: number; created: boolean }> {
  const sha256 = digestOfManifest(input.manifest);
  return database.transaction(async (query) => {
    const { tenantId, name, description } = input;
    await lockContents(query, contentsOf(input.manifest));
    const [made] = await query<{ id: string }>(
      `INSERT INTO models (id, tenant_id, name, description) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, name) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
      [newUuid(), tenantId, name, description],
    );
    if (made) {
      await recordChange(query, LOCAL, {
        tenantId,
        action: 'model.create',
        object: toPublicId('model', made.id),
        before: null,
        after: { name, description },
      });
    }
    // The row lock makes the next number and the first alias this transaction's alone.
    const [model] = await query<{ id: string }>(
      'SELECT id FROM models WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL FOR UPDATE',
      [tenantId, name],
    );
    const [existing] = await query<{ id: string; number: number }>(
      `SELECT id, number FROM versions
        WHERE model_id = $1 AND sha256 = $2 AND status IN ('ready', 'archived') AND deleted_at IS NULL`,
      [model!.id, sha256],
    );
    if (existing) return { ...existing, created: false };
    const [version] = await query<{ id: string; number: number }>(
      `INSERT INTO versions (id, model_id, number, status, sha256, manifest, report, percent, ready_at)
       SELECT $1, $2, coalesce(max(number), 0) + 1, 'ready', $3, $4, $5, 100, now() FROM versions WHERE model_id = $2
       RETURNING id, number`,
      [
        newUuid(),
        model!.id,
        sha256,
        JSON.stringify(input.manifest),
        input.report ? JSON.stringify(input.report) : null,
      ],
    );
    await recordChange(query, LOCAL, {
      tenantId,
      action: 'version.import',
      object: toPublicId('version', version!.id),
      before: null,
      after: { model: name, number: version!.number },
    });
    await pointDefaultAlias(query, LOCAL, {
      tenantId,
      modelId: model!.id,
      model: name,
      versionId: version!.id,
    });
    await emit(query, [{ tenantId, type: 'version.ready', objectId: version!.id }]);
    return { ...version!, created: true };
  });
}

/** Whether a model of the tenant has a version made from this source by this compiler. */
export async function hasSource(
  database: Database,
  tenantId: string,
  name: string,
  source: VersionManifest['source'],
): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM versions v JOIN models m ON m.id = v.model_id
      WHERE m.tenant_id = $1 AND m.name = $2 AND m.deleted_at IS NULL AND v.deleted_at IS NULL
        AND v.status IN ('ready', 'archived') AND v.manifest -> 'source' ->> 'sha256' = $3
        AND v.manifest -> 'source' ->> 'compiler' = $4`,
    [tenantId, name, source.sha256, source.compiler],
  );
  return rows.length > 0;
}
