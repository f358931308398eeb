import { createHash } from 'node:crypto';
import { type ImportError, type ImportReport, type VersionManifest } from '@heddle/contracts';
import { pointDefaultAlias } from '../aliases/first.js';
import { IMPORT } from '../audit/audit.entity.js';
import { lockContents, noteRemovals } from '../contents/content.repository.js';
import type { Database } from '../database/database.js';
import { emit } from '../events/emit.js';
import { type ImportFence, UNFINISHED } from './version.entity.js';

/** SHA-256 of a manifest in hexadecimal: the digest of its version. */
export function digestOfManifest(manifest: VersionManifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

/**
 * Names the files of an unfinished version, which may be put into the artefact store from now on. False when the
 * import is not this attempt's any more.
 */
export async function reserveContents(
  database: Database,
  { id, attempt }: ImportFence,
  manifest: VersionManifest,
): Promise<boolean> {
  return database.transaction(async (query) => {
    await lockContents(query, contentsOf(manifest));
    const [row] = await query<{ before: VersionManifest | null }>(
      `WITH before AS (SELECT id, manifest FROM versions WHERE id = $1 FOR UPDATE)
       UPDATE versions v SET manifest = $3 FROM before
        WHERE v.id = before.id AND v.attempt = $2 AND v.status IN (${UNFINISHED}) RETURNING before.manifest AS before`,
      [id, attempt, JSON.stringify(manifest)],
    );
    // What an attempt named that died before this one; the same contents, as a rule.
    if (row?.before) await noteRemovals(query, contentsOf(row.before));
    return row !== undefined;
  });
}

export type FinishedImport = 'ready' | 'stale' | { duplicateOf: { id: string; number: number } };

/**
 * Ends an import whose contents are in the store: the version is ready and cannot change any more. The first
 * ready version of a model becomes `production`. `duplicateOf`: the model has the very same version already;
 * nothing was changed.
 */
export async function finishImport(
  database: Database,
  { id, attempt }: ImportFence,
  report: ImportReport,
): Promise<FinishedImport> {
  return database.transaction(async (query) => {
    const [version] = await query<{
      modelId: string;
      model: string;
      tenantId: string;
      manifest: VersionManifest;
    }>(
      `SELECT v.model_id AS "modelId", m.name AS model, m.tenant_id AS "tenantId", v.manifest FROM versions v JOIN models m ON m.id = v.model_id
        WHERE v.id = $1 AND v.attempt = $2 AND v.status IN (${UNFINISHED}) FOR UPDATE`,
      [id, attempt],
    );
    if (!version) return 'stale';
    const sha256 = digestOfManifest(version.manifest);
    const others = await query<{ id: string; number: number; sha256: string }>(
      `SELECT id, number, sha256 FROM versions WHERE model_id = $1 AND status IN ('ready', 'archived') AND deleted_at IS NULL`,
      [version.modelId],
    );
    const same = others.find((other) => other.sha256 === sha256);
    if (same) return { duplicateOf: { id: same.id, number: same.number } };
    await query(
      `UPDATE versions SET status = 'ready', percent = 100, sha256 = $2, report = $3, ready_at = now(),
              lease_until = NULL, worker_id = NULL WHERE id = $1`,
      [id, sha256, JSON.stringify(report)],
    );
    if (others.length === 0) {
      const { tenantId, modelId, model } = version;
      await pointDefaultAlias(query, IMPORT, { tenantId, modelId, model, versionId: id });
    }
    await emit(query, [{ tenantId: version.tenantId, type: 'version.ready', objectId: id }]);
    return 'ready';
  });
}

/** Ends an import without a version. False when it is not this attempt's any more. */
export async function failImport(
  database: Database,
  { id, attempt }: ImportFence,
  error: ImportError,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const [row] = await query<{ before: VersionManifest | null; tenantId: string }>(
      `WITH before AS (SELECT id, manifest FROM versions WHERE id = $1 FOR UPDATE)
       UPDATE versions v SET status = 'failed', error = $3, manifest = NULL, lease_until = NULL, worker_id = NULL
         FROM before WHERE v.id = before.id AND v.attempt = $2 AND v.status IN (${UNFINISHED})
       RETURNING before.manifest AS before, v.tenant_id AS "tenantId"`,
      [id, attempt, JSON.stringify(error)],
    );
    if (row) await emit(query, [{ tenantId: row.tenantId, type: 'version.failed', objectId: id }]);
    if (row?.before) await noteRemovals(query, contentsOf(row.before));
    return row !== undefined;
  });
}

/** Digests of the files of a version. */
export function contentsOf(manifest: VersionManifest): string[] {
  return Object.values(manifest.files).map(({ sha256 }) => sha256);
}
