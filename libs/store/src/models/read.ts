import type { Gate, VersionManifest } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';

/** A model with what its page shows. */
export interface ModelSummary {
  id: string;
  name: string;
  owner: string;
  /** Whether it is the tenant's own, which alone it may change. */
  own: boolean;
  description: string;
  createdAt: Date;
  latestVersion: number | null;
  /** Numbers of those that take jobs, the oldest first. */
  readyVersions: number[];
  /** Alias → version UUID. */
  aliases: Record<string, string>;
  tasks: VersionManifest['tasks'];
  gates: Gate[];
  /** Names of the aliases that they hold for. */
  gated: string[];
}

/** What a worker needs of a version to serve it. */
export interface ServableVersion {
  id: string;
  /** Name of its model, and its number there. */
  model: string;
  number: number;
  manifest: VersionManifest;
  /** Whether it stays loaded. */
  warm: boolean;
}

/** Models that tenant $1 may use: its own, and those of the library. */
export const USABLE_MODELS = `
  SELECT m.*, t.slug AS owner FROM models m JOIN tenants t ON t.id = m.tenant_id
   WHERE m.deleted_at IS NULL AND (m.tenant_id = $1 OR t.slug = '${LIBRARY_TENANT}')`;

/** Those of them that a name alone means: its own hide those of the library with the same name. */
export const NAMED_MODELS = `
  SELECT DISTINCT ON (m.name) m.* FROM (${USABLE_MODELS}) m ORDER BY m.name, (m.tenant_id = $1) DESC`;

/** Which models of those that a tenant may use; those that their names alone mean when nothing is said. */
export interface ModelFilter {
  /** That its newest version answers. */
  task?: string;
  name?: string;
  id?: string;
  /** Slug of its tenant: also one that an own model hides. */
  owner?: string;
  /** Also those that own models hide. */
  hidden?: boolean;
}

/** Models the tenant may use, by name. */
export async function listModels(
  database: Database,
  tenantId: string,
  filter: ModelFilter = {},
): Promise<ModelSummary[]> {
  const { name, id, owner, hidden } = filter;
  const models = id || owner || hidden ? USABLE_MODELS : NAMED_MODELS;
  const rows = await database.query<ModelSummary>(
    `SELECT m.id, m.name, m.owner, m.tenant_id = $1 AS own, m.description, m.gates, m.gated, m.created_at AS "createdAt", newest.number AS "latestVersion",
            coalesce((SELECT json_agg(v.number ORDER BY v.number) FROM versions v
                       WHERE v.model_id = m.id AND v.status = 'ready' AND v.deleted_at IS NULL), '[]'::json) AS "readyVersions",
            coalesce(newest.manifest -> 'tasks', '[]'::json) AS tasks,
            coalesce((SELECT json_object_agg(a.name, a.version_id) FROM aliases a WHERE a.model_id = m.id), '{}'::json) AS aliases
       FROM (${models}) m
       LEFT JOIN LATERAL (SELECT v.number, v.manifest FROM versions v
                           WHERE v.model_id = m.id AND v.status = 'ready' AND v.deleted_at IS NULL
                           ORDER BY v.number DESC LIMIT 1) newest ON true
      WHERE ($2::text IS NULL OR m.name = $2) AND ($3::uuid IS NULL OR m.id = $3) AND ($4::text IS NULL OR m.owner = $4)
      ORDER BY m.name, m.id`,
    [tenantId, name ?? null, id ?? null, owner ?? null],
  );
  return filter.task ? rows.filter((row) => (row.tasks as string[]).includes(filter.task!)) : rows;
}

/** Whether the tenant had a model of that name, has removed it, and has no other of that name. */
export async function wasRemoved(database: Database, tenantId: string, name: string): Promise<boolean> {
  const [models] = await database.query<{ removed: boolean }>(
    'SELECT count(*) > 0 AND bool_and(deleted_at IS NOT NULL) AS removed FROM models WHERE tenant_id = $1 AND name = $2',
    [tenantId, name],
  );
  return models!.removed;
}

/** Every version that workers may be asked to run, those that stay loaded first: an archived one takes no new jobs, but ends those it has. */
export async function listServable(database: Database): Promise<ServableVersion[]> {
  return database.query(
    `SELECT v.id, m.name AS model, v.number, v.manifest, v.warm FROM versions v JOIN models m ON m.id = v.model_id
      WHERE v.deleted_at IS NULL AND (v.status = 'ready' OR (v.status = 'archived'
        AND (EXISTS (SELECT 1 FROM jobs j WHERE j.version_id = v.id AND j.completed_at IS NULL)
          OR EXISTS (SELECT 1 FROM batches b WHERE b.version_id = v.id AND b.completed_at IS NULL)))) ORDER BY v.warm DESC, v.id`,
  );
}
