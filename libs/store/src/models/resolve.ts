import {
  DEFAULT_ALIAS,
  fromPublicId,
  HeddleError,
  parseModelReference,
  type VersionManifest,
  type VersionState,
} from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { NAMED_MODELS, USABLE_MODELS } from './read.js';

/** A version as jobs are pinned to it. */
export interface PinnedVersion {
  id: string;
  modelId: string;
  model: string;
  /** The alias that led here, or null when a version was named. */
  alias: string | null;
  number: number;
  status: 'ready' | 'archived';
  manifest: VersionManifest;
}

/** What a reference means: a version, and one that is on trial behind the alias that led to it. */
export interface ResolvedVersion extends PinnedVersion {
  canary: { version: PinnedVersion; percent: number } | null;
  /** UUID of the version that runs the alias's jobs again, for comparison. */
  shadow: string | null;
}

const OF_OWNER = '($3::text IS NULL OR m.owner = $3)';

type Candidate = Omit<PinnedVersion, 'status'> & {
  status: VersionState;
  aliases: { name: string; canary: string | null; percent: number; shadow: string | null }[];
};

/**
 * The version a reference means for this tenant, now. `owner`: slug of the tenant whose model a name means; without it one of
 * the tenant's own hides that of the library.
 * Errors: `not-found`; `version-not-ready` for one that was named and is not imported (yet);
 * `no-default-version` for a bare name that has neither a production alias nor exactly one ready version.
 */
export async function resolve(
  database: Database,
  tenantId: string,
  reference: string,
  owner: string | null = null,
): Promise<ResolvedVersion> {
  const parsed = parseModelReference(reference);
  if (!parsed) throw notFound(reference);
  if (parsed.kind === 'version-id') {
    const id = fromPublicId('version', parsed.id);
    const versions = id
      ? await candidates(database, USABLE_MODELS, `v.id = $2 AND ${OF_OWNER}`, [tenantId, id, owner])
      : [];
    if (!versions[0]) throw notFound(reference);
    return imported(versions[0]);
  }
  const models = owner === null ? NAMED_MODELS : USABLE_MODELS;
  const named = `m.name = $2 AND ${OF_OWNER}`;
  const parameters = [tenantId, parsed.name, owner];
  const versions = await candidates(database, models, named, parameters);
  if (parsed.number !== null) {
    const version = versions.find((candidate) => candidate.number === parsed.number);
    if (!version) throw notFound(reference);
    return imported(version);
  }
  const alias = parsed.alias ?? DEFAULT_ALIAS;
  const leadsTo = (candidate: Candidate) => candidate.aliases.find(({ name }) => name === alias);
  const aliased = versions.find(leadsTo);
  if (aliased) {
    const { canary, percent, shadow } = leadsTo(aliased)!;
    // One that was archived takes no jobs, which are no less the alias's for that.
    const trial = versions.find(({ id, status }) => id === canary && status === 'ready');
    const version = trial && pinned({ ...trial, alias });
    return { ...pinned({ ...aliased, alias }), canary: version ? { version, percent } : null, shadow };
  }
  if (parsed.alias !== null) throw notFound(reference);
  if (versions.length === 0 && !(await exists(database, models, named, parameters)))
    throw notFound(reference);
  const ready = versions.filter((candidate) => candidate.status === 'ready');
  if (ready.length !== 1) {
    throw new HeddleError(
      'no-default-version',
      `Model "${parsed.name}" has no alias "${DEFAULT_ALIAS}" and ${ready.length} ready versions; name one, e.g. ${parsed.name}@1.`,
    );
  }
  return imported(ready[0]!);
}

function imported(version: Candidate): ResolvedVersion {
  return { ...pinned(version), canary: null, shadow: null };
}

function pinned(version: Candidate): PinnedVersion {
  const { status, aliases: _, ...rest } = version;
  if (status === 'ready' || status === 'archived') return { ...rest, status };
  const state = status === 'failed' ? 'its import failed' : 'it is still being imported';
  throw new HeddleError('version-not-ready', `${rest.model}@${rest.number} is not ready: ${state}.`);
}

function candidates(
  database: Database,
  models: string,
  condition: string,
  parameters: unknown[],
): Promise<Candidate[]> {
  return database.query(
    `SELECT v.id, v.model_id AS "modelId", m.name AS model, NULL AS alias, v.number, v.status, v.manifest,
            (SELECT coalesce(json_agg(json_build_object('name', a.name, 'canary', a.canary_version_id, 'percent', a.canary_percent,
                     'shadow', a.shadow_version_id)), '[]')
               FROM aliases a WHERE a.version_id = v.id) AS aliases
       FROM (${models}) m JOIN versions v ON v.model_id = m.id
      WHERE v.deleted_at IS NULL AND ${condition} ORDER BY v.number DESC`,
    parameters,
    'kept',
  );
}

async function exists(
  database: Database,
  models: string,
  condition: string,
  parameters: unknown[],
): Promise<boolean> {
  const rows = await database.query(`SELECT 1 FROM (${models}) m WHERE ${condition}`, parameters);
  return rows.length > 0;
}

function notFound(reference: string): HeddleError {
  return new HeddleError('not-found', `There is no model or version "${reference}".`, {
    errors: [{ pointer: '/model', code: 'not-found', message: 'no such model or version' }],
  });
}
