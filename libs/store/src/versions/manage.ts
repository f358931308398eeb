import {
  HeddleError,
  isImporting,
  toPublicId,
  type VersionManifest,
  type VersionState,
} from '@heddle/contracts';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import { noteRemovals } from '../contents/content.repository.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { contentsOf } from './finish.js';
import type { VersionChange } from './version.entity.js';

interface LockedVersion {
  id: string;
  status: VersionState;
  manifest: VersionManifest | null;
}

/**
 * Changes what may change of a version: its notes, whether it stays loaded, the longest input it takes, and whether it takes
 * new jobs. False when the tenant owns no such version. Errors: `version-not-ready` when one that is not ready shall be
 * archived or limited, `validation` for more tokens than it was imported for.
 */
export async function changeVersion(
  database: Database,
  tenantId: string,
  id: string,
  change: VersionChange,
  actor: Actor = LOCAL,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const version = await lockOwnVersion(query, tenantId, id);
    if (!version) return false;
    const ready = version.status === 'ready' || version.status === 'archived';
    if (change.archived !== undefined && !ready) {
      throw new HeddleError('version-not-ready', 'Only a version that is ready can be archived.');
    }
    const status = change.archived === undefined ? version.status : change.archived ? 'archived' : 'ready';
    const maxTokens =
      change.maxTokens === undefined ? version.maxTokens : limitOf(ready ? version : null, change.maxTokens);
    const before = shownOf(version);
    const after = shownOf({
      status,
      notes: change.notes ?? version.notes,
      warm: change.warm ?? version.warm,
      maxTokens,
      manifest: version.manifest,
    });
    await query('UPDATE versions SET status = $2, notes = $3, warm = $4, max_tokens = $5 WHERE id = $1', [
      id,
      after.status,
      after.notes,
      after.warm,
      maxTokens,
    ]);
    const object = toPublicId('version', id);
    await recordChange(query, actor, { tenantId, action: 'version.update', object, before, after });
    return true;
  });
}

/** A limit of tokens as it is kept: null where it is none. */
function limitOf(version: LockedVersion | null, maxTokens: number): number | null {
  if (!version) throw new HeddleError('version-not-ready', 'Only a version that is ready can be limited.');
  const most = version.manifest!.maxTokens;
  if (maxTokens > most) {
    throw new HeddleError('validation', 'The version takes no input as long as that; see errors.', {
      errors: [{ pointer: '/max_tokens', code: 'range', message: `at most ${most} with this version` }],
    });
  }
  return maxTokens === most ? null : maxTokens;
}

/** What the audit log keeps of a version. */
function shownOf(version: Pick<OwnVersion, 'status' | 'notes' | 'warm' | 'maxTokens' | 'manifest'>) {
  const { status, notes, warm, maxTokens, manifest } = version;
  return { status, notes, warm, max_tokens: maxTokens ?? manifest?.maxTokens ?? null };
}

/**
 * Deletes a version; an unfinished import is canceled by that. Null when the tenant owns no such version.
 * Throws `in-use` while an alias or an unfinished job needs it.
 */
export async function removeVersion(
  database: Database,
  tenantId: string,
  id: string,
  actor: Actor = LOCAL,
): Promise<{ canceled: boolean } | null> {
  return database.transaction(async (query, system) => {
    const version = await lockOwnVersion(query, tenantId, id);
    if (!version) return null;
    await assertUnused(system, [id]);
    await deleteVersions(query, system, [version]);
    await recordChange(query, actor, {
      tenantId,
      action: 'version.delete',
      object: toPublicId('version', id),
      before: { model: version.model, number: version.number, status: version.status },
      after: null,
    });
    return { canceled: isImporting(version.status) };
  });
}

/** Throws `in-use` while an alias, or an unfinished job, batch or evaluation, of any tenant, needs one of the versions. */
export async function assertUnused(system: Query, ids: string[]): Promise<void> {
  const [use] = await system<{ aliases: string[]; jobs: boolean }>(
    `SELECT ARRAY(SELECT a.name FROM aliases a WHERE a.version_id = ANY ($1) OR a.canary_version_id = ANY ($1)
                     OR a.shadow_version_id = ANY ($1)
                  ORDER BY a.name) AS aliases,
            EXISTS (SELECT 1 FROM jobs j WHERE j.version_id = ANY ($1) AND j.completed_at IS NULL AND j.shadow_of IS NULL)
            OR EXISTS (SELECT 1 FROM batches b WHERE b.version_id = ANY ($1) AND b.completed_at IS NULL)
            OR EXISTS (SELECT 1 FROM evaluations e WHERE (e.version_id = ANY ($1) OR e.baseline_version_id = ANY ($1))
                          AND e.completed_at IS NULL) AS jobs`,
    [ids],
  );
  if (use!.aliases.length > 0) {
    throw new HeddleError('in-use', `The alias ${use!.aliases.join(', ')} points to it.`);
  }
  if (use!.jobs) throw new HeddleError('in-use', 'Unfinished jobs, batches or evaluations need it.');
}

/** The versions must be locked and unused. Ended jobs go on naming one that was ready, so its row stays. */
export async function deleteVersions(query: Query, system: Query, versions: LockedVersion[]): Promise<void> {
  const isReady = ({ status }: LockedVersion) => status === 'ready' || status === 'archived';
  const kept = versions.filter(isReady).map(({ id }) => id);
  const gone = versions.filter((version) => !isReady(version)).map(({ id }) => id);
  await query('UPDATE versions SET deleted_at = now(), idempotency_key = NULL WHERE id = ANY ($1)', [kept]);
  await query('DELETE FROM versions WHERE id = ANY ($1)', [gone]);
  await noteRemovals(
    system,
    versions.flatMap(({ manifest }) => (manifest ? contentsOf(manifest) : [])),
  );
}

interface OwnVersion extends LockedVersion {
  model: string;
  number: number;
  notes: string;
  warm: boolean;
  maxTokens: number | null;
}

async function lockOwnVersion(query: Query, tenantId: string, id: string): Promise<OwnVersion | null> {
  const [version] = await query<OwnVersion>(
    `SELECT v.id, v.status, v.manifest, m.name AS model, v.number, v.notes, v.warm,
            v.max_tokens AS "maxTokens" FROM versions v JOIN models m ON m.id = v.model_id
      WHERE m.tenant_id = $1 AND v.id = $2 AND m.deleted_at IS NULL AND v.deleted_at IS NULL FOR UPDATE OF v`,
    [tenantId, id],
  );
  return version ?? null;
}
