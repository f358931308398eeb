import { createHash } from 'node:crypto';
import {
  DEFAULT_ALIAS,
  fromPublicId,
  HeddleError,
  newUuid,
  parseModelReference,
  type VersionManifest,
} from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import { VersionEntity } from './model.entity.js';

/** A version as jobs are pinned to it. */
export interface ResolvedVersion {
  id: string;
  model: string;
  /** The alias that led here, or null when a version was named. */
  alias: string | null;
  number: number;
  status: 'ready' | 'archived';
  manifest: VersionManifest;
}

/** A model with what its page shows. */
export interface ModelSummary {
  id: string;
  name: string;
  owner: string;
  description: string;
  createdAt: Date;
  latestVersion: number | null;
  /** Alias → version UUID. */
  aliases: Record<string, string>;
  tasks: VersionManifest['tasks'];
}

/** `own` models hide those of the library with the same name. */
const VISIBLE_MODELS = `
  SELECT DISTINCT ON (m.name) m.*, t.slug AS owner FROM models m JOIN tenants t ON t.id = m.tenant_id
   WHERE m.tenant_id = $1 OR t.slug = '${LIBRARY_TENANT}' ORDER BY m.name, (m.tenant_id = $1) DESC`;

export class ModelRepository {
  constructor(private readonly database: Database) {}

  /**
   * Adds a version of a model (made when absent) and points `production` at the first one. The same manifest
   * again returns the version that exists.
   */
  async addVersion(input: {
    tenantId: string;
    name: string;
    description: string;
    manifest: VersionManifest;
  }): Promise<{ id: string; number: number; created: boolean }> {
    const sha256 = createHash('sha256').update(JSON.stringify(input.manifest)).digest('hex');
    return this.database.transaction(async (query) => {
      await query(
        'INSERT INTO models (id, tenant_id, name, description) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, name) DO NOTHING',
        [newUuid(), input.tenantId, input.name, input.description],
      );
      // The row lock makes the next number and the first alias this transaction's alone.
      const [model] = await query<{ id: string }>(
        'SELECT id FROM models WHERE tenant_id = $1 AND name = $2 FOR UPDATE',
        [input.tenantId, input.name],
      );
      const [existing] = await query<{ id: string; number: number }>(
        'SELECT id, number FROM versions WHERE model_id = $1 AND sha256 = $2',
        [model!.id, sha256],
      );
      if (existing) return { ...existing, created: false };
      const [version] = await query<{ id: string; number: number }>(
        `INSERT INTO versions (id, model_id, number, status, sha256, manifest)
         SELECT $1, $2, coalesce(max(number), 0) + 1, 'ready', $3, $4 FROM versions WHERE model_id = $2 RETURNING id, number`,
        [newUuid(), model!.id, sha256, JSON.stringify(input.manifest)],
      );
      await query(
        'INSERT INTO aliases (model_id, name, version_id) VALUES ($1, $2, $3) ON CONFLICT (model_id, name) DO NOTHING',
        [model!.id, DEFAULT_ALIAS, version!.id],
      );
      return { ...version!, created: true };
    });
  }

  /**
   * The version a reference means for this tenant, now.
   * Errors: `not-found`; `no-default-version` for a bare name that has neither a production alias nor exactly
   * one ready version.
   */
  async resolve(tenantId: string, reference: string): Promise<ResolvedVersion> {
    const parsed = parseModelReference(reference);
    if (!parsed) throw notFound(reference);
    if (parsed.kind === 'version-id') {
      const id = fromPublicId('version', parsed.id);
      const versions = id ? await this.versionsWhere(tenantId, 'v.id = $2', [id]) : [];
      if (!versions[0]) throw notFound(reference);
      return versions[0];
    }
    const versions = await this.versionsWhere(tenantId, 'm.name = $2', [parsed.name]);
    if (versions.length === 0) throw notFound(reference);
    if (parsed.number !== null) {
      const version = versions.find((candidate) => candidate.number === parsed.number);
      if (!version) throw notFound(reference);
      return version;
    }
    const alias = parsed.alias ?? DEFAULT_ALIAS;
    const aliased = versions.find((candidate) => candidate.aliases.includes(alias));
    if (aliased) return { ...aliased, alias };
    if (parsed.alias !== null) throw notFound(reference);
    const ready = versions.filter((candidate) => candidate.status === 'ready');
    if (ready.length !== 1) {
      throw new HeddleError(
        'no-default-version',
        `Model "${parsed.name}" has no alias "${DEFAULT_ALIAS}" and ${ready.length} ready versions; name one, e.g. ${parsed.name}@1.`,
      );
    }
    return ready[0]!;
  }

  /** Models the tenant sees, by name. `task` keeps those whose newest version answers it. */
  async list(
    tenantId: string,
    filter: { task?: string; name?: string; id?: string } = {},
  ): Promise<ModelSummary[]> {
    const rows = await this.database.query<ModelSummary>(
      `SELECT m.id, m.name, m.owner, m.description, m.created_at AS "createdAt", newest.number AS "latestVersion",
              coalesce(newest.manifest -> 'tasks', '[]'::json) AS tasks,
              coalesce((SELECT json_object_agg(a.name, a.version_id) FROM aliases a WHERE a.model_id = m.id), '{}'::json) AS aliases
         FROM (${VISIBLE_MODELS}) m
         LEFT JOIN LATERAL (SELECT v.number, v.manifest FROM versions v WHERE v.model_id = m.id AND v.status = 'ready'
                             ORDER BY v.number DESC LIMIT 1) newest ON true
        WHERE ($2::text IS NULL OR m.name = $2) AND ($3::uuid IS NULL OR m.id = $3) ORDER BY m.name`,
      [tenantId, filter.name ?? null, filter.id ?? null],
    );
    return filter.task ? rows.filter((row) => (row.tasks as string[]).includes(filter.task!)) : rows;
  }

  /** Whether a model of the tenant has a version made from this source by this compiler. */
  async hasSource(tenantId: string, name: string, source: VersionManifest['source']): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT 1 FROM versions v JOIN models m ON m.id = v.model_id
        WHERE m.tenant_id = $1 AND m.name = $2 AND v.manifest -> 'source' ->> 'sha256' = $3
          AND v.manifest -> 'source' ->> 'compiler' = $4`,
      [tenantId, name, source.sha256, source.compiler],
    );
    return rows.length > 0;
  }

  /** Every version that workers may be asked to run. */
  async listServable(): Promise<{ id: string; manifest: VersionManifest }[]> {
    const versions = await this.database.entities(VersionEntity, (repository) =>
      repository.find({
        where: { status: 'ready' },
        select: { id: true, manifest: true },
        order: { id: 'ASC' },
      }),
    );
    return versions.map(({ id, manifest }) => ({ id, manifest }));
  }

  private versionsWhere(
    tenantId: string,
    condition: string,
    parameters: unknown[],
  ): Promise<(ResolvedVersion & { aliases: string[] })[]> {
    return this.database.query(
      `SELECT v.id, m.name AS model, NULL AS alias, v.number, v.status, v.manifest,
              ARRAY(SELECT a.name FROM aliases a WHERE a.version_id = v.id) AS aliases
         FROM (${VISIBLE_MODELS}) m JOIN versions v ON v.model_id = m.id WHERE ${condition} ORDER BY v.number DESC`,
      [tenantId, ...parameters],
    );
  }
}

function notFound(reference: string): HeddleError {
  return new HeddleError('not-found', `There is no model or version "${reference}".`, {
    errors: [{ pointer: '/model', code: 'not-found', message: 'no such model or version' }],
  });
}
