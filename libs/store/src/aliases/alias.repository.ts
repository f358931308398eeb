import { HeddleError, type VersionState } from '@heddle/contracts';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import type { Access } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { VISIBLE_MODELS } from '../models/read.js';
import type { VersionKey } from '../versions/read.js';
import { aliasChanged } from './changed.js';

export interface AliasRecord {
  name: string;
  model: string;
  versionId: string;
  versionNumber: number;
  updatedAt: Date;
  /** Changes with every move of the alias; an `If-Match` names it. */
  revision: string;
}

/** What a writer expects to find: a revision, any alias at all, or nothing in particular. */
export type Expected = { revisions: string[] } | 'any' | null;

const REVISION = "md5(a.version_id::text || ' ' || a.updated_at::text)";
const COLUMNS = `a.name, m.name AS model, a.version_id AS "versionId", v.number AS "versionNumber",
  a.updated_at AS "updatedAt", ${REVISION} AS revision`;

export class AliasRepository {
  constructor(private readonly access: Access) {}

  /** Aliases of a model the tenant sees, by name; only `name` when given. */
  list(tenantId: string, modelId: string, name: string | null = null): Promise<AliasRecord[]> {
    return this.access.tenant(tenantId).query<AliasRecord>(
      `SELECT ${COLUMNS} FROM (${VISIBLE_MODELS}) m JOIN aliases a ON a.model_id = m.id
         JOIN versions v ON v.id = a.version_id WHERE m.id = $2 AND ($3::text IS NULL OR a.name = $3) ORDER BY a.name`,
      [tenantId, modelId, name],
    );
  }

  /**
   * Points an alias at a version: jobs accepted from now on use it.
   * Errors: `not-found` (model or version), `version-not-ready`, `version-archived`, `precondition-failed`.
   */
  async put(
    tenantId: string,
    modelId: string,
    name: string,
    version: VersionKey,
    expected: Expected,
    actor: Actor = LOCAL,
  ): Promise<void> {
    await this.access.tenant(tenantId).transaction(async (query) => {
      const model = await lockModel(query, tenantId, modelId);
      await assertExpected(query, model.id, name, expected);
      const [target] = await query<{ id: string; number: number; status: VersionState }>(
        `SELECT v.id, v.number, v.status FROM versions v WHERE v.model_id = $1 AND v.deleted_at IS NULL
            AND ($2::uuid IS NULL OR v.id = $2) AND ($3::int IS NULL OR v.number = $3) FOR SHARE`,
        [model.id, 'id' in version ? version.id : null, 'number' in version ? version.number : null],
      );
      if (!target) {
        throw new HeddleError('not-found', 'The model has no such version.', {
          errors: [{ pointer: '/version', code: 'not-found', message: 'no such version' }],
        });
      }
      if (target.status === 'archived') {
        throw new HeddleError('version-archived', `Version ${target.number} is archived.`);
      }
      if (target.status !== 'ready') {
        throw new HeddleError('version-not-ready', `Version ${target.number} is not ready.`);
      }
      const before = await targetOf(query, model.id, name);
      await query(
        `INSERT INTO aliases (model_id, name, version_id) VALUES ($1, $2, $3)
         ON CONFLICT (model_id, name) DO UPDATE SET version_id = excluded.version_id, updated_at = clock_timestamp()
          WHERE aliases.version_id <> excluded.version_id`,
        [model.id, name, target.id],
      );
      await aliasChanged(query, actor, {
        tenantId,
        modelId: model.id,
        model: model.name,
        alias: name,
        from: before,
        to: target.id,
      });
    });
  }

  /** False when there is no such alias. Errors: `not-found` (model), `precondition-failed`. */
  async remove(
    tenantId: string,
    modelId: string,
    name: string,
    expected: Expected,
    actor: Actor = LOCAL,
  ): Promise<boolean> {
    return this.access.tenant(tenantId).transaction(async (query) => {
      const model = await lockModel(query, tenantId, modelId);
      await assertExpected(query, model.id, name, expected);
      const [removed] = await query<{ versionId: string }>(
        'DELETE FROM aliases WHERE model_id = $1 AND name = $2 RETURNING version_id AS "versionId"',
        [model.id, name],
      );
      if (!removed) return false;
      await aliasChanged(query, actor, {
        tenantId,
        modelId: model.id,
        model: model.name,
        alias: name,
        from: removed.versionId,
        to: null,
      });
      return true;
    });
  }
}

/** Only the owner moves aliases; changes of one model's aliases come one after another. */
async function lockModel(
  query: Query,
  tenantId: string,
  modelId: string,
): Promise<{ id: string; name: string }> {
  const [model] = await query<{ id: string; name: string }>(
    'SELECT id, name FROM models WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
    [tenantId, modelId],
  );
  if (!model) throw new HeddleError('not-found', 'There is no such model.');
  return model;
}

/** UUID of the version that an alias points to; null where there is no such alias. */
async function targetOf(query: Query, modelId: string, name: string): Promise<string | null> {
  const [found] = await query<{ versionId: string }>(
    'SELECT version_id AS "versionId" FROM aliases WHERE model_id = $1 AND name = $2',
    [modelId, name],
  );
  return found?.versionId ?? null;
}

async function assertExpected(
  query: Query,
  modelId: string,
  name: string,
  expected: Expected,
): Promise<void> {
  if (expected === null) return;
  const [found] = await query<{ revision: string }>(
    `SELECT ${REVISION} AS revision FROM aliases a WHERE a.model_id = $1 AND a.name = $2`,
    [modelId, name],
  );
  const met = found !== undefined && (expected === 'any' || expected.revisions.includes(found.revision));
  if (!met) throw new HeddleError('precondition-failed', 'The alias is not what If-Match says any more.');
}
