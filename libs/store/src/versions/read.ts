import type { VersionState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import {
  besideOf,
  type MeasuredPage,
  measuredPage,
  orderOf,
  type PageQuery,
  type PageRange,
} from '../database/page.js';
import { USABLE_MODELS } from '../models/read.js';
import { UNFINISHED, type VersionRecord } from './version.entity.js';

/** How a version is named below its model. */
export type VersionKey = { id: string } | { number: number };

/** Columns of version `v` of model `m` as a `VersionRecord`. */
export const COLUMNS = `v.id, v.model_id AS "modelId", m.name AS model, v.number, v.status, v.notes, v.warm, v.request,
  v.source_files AS "sourceFiles", v.percent, v.manifest, v.sha256, v.report, v.error, v.created_at AS "createdAt",
  v.ready_at AS "readyAt"`;

/** A version of a model the tenant sees, or null. */
export async function findVersion(
  database: Database,
  tenantId: string,
  modelId: string,
  key: VersionKey,
): Promise<VersionRecord | null> {
  const [row] = await database.query<VersionRecord>(
    `SELECT ${COLUMNS} FROM (${USABLE_MODELS}) m JOIN versions v ON v.model_id = m.id
      WHERE m.id = $2 AND v.deleted_at IS NULL AND ($3::uuid IS NULL OR v.id = $3) AND ($4::int IS NULL OR v.number = $4)`,
    [tenantId, modelId, 'id' in key ? key.id : null, 'number' in key ? key.number : null],
  );
  return row ?? null;
}

/** Versions of a model the tenant sees, newest first, older than `before`. Their labels may be many. */
export function listVersions(
  database: Database,
  tenantId: string,
  modelId: string,
  filter: { states?: VersionState[] },
  page: PageRange,
): Promise<MeasuredPage<VersionRecord>> {
  const query: PageQuery = {
    ids: `SELECT v.id FROM (${USABLE_MODELS}) m JOIN versions v ON v.model_id = m.id
      WHERE m.id = $2 AND v.deleted_at IS NULL AND ($3::text[] IS NULL OR v.status = ANY ($3))
        AND ($4::uuid IS NULL OR v.id ${besideOf(page)} $4) ORDER BY v.id ${orderOf(page)}`,
    large: ['request', 'manifest'].map((column) => ({ column, table: 'versions', key: 'id' })),
    rows: `SELECT ${COLUMNS} FROM models m JOIN versions v ON v.model_id = m.id`,
    parameters: [tenantId, modelId, filter.states ?? null, page.before],
  };
  return measuredPage<VersionRecord>(database, query, page);
}

/** The version that a request with this idempotency key made, or null. */
export async function findImportByKey(
  database: Database,
  modelId: string,
  key: string,
): Promise<{ id: string; requestHash: Buffer } | null> {
  const [row] = await database.query<{ id: string; requestHash: Buffer }>(
    'SELECT id, request_hash AS "requestHash" FROM versions WHERE model_id = $1 AND idempotency_key = $2',
    [modelId, key],
  );
  return row ?? null;
}

/** Which of these imports have ended (or are gone), of any tenant: what waiters look at after a signal. */
export async function importsEndedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM unnest($1::uuid[]) AS asked (id)
      WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.id = asked.id
                          AND v.status IN (${UNFINISHED}))`,
    [ids],
  );
  return rows.map((row) => row.id);
}

/** Which of these versions have not been deleted, of any tenant. */
export async function existingAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    'SELECT id FROM versions WHERE id = ANY ($1) AND deleted_at IS NULL',
    [ids],
  );
  return rows.map((row) => row.id);
}
