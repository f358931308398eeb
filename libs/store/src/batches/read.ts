import { type BatchState, isTerminalBatch, type JobSource } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import {
  type Admit,
  type MeasuredPage,
  measuredPage,
  type PageQuery,
  type PageRange,
} from '../database/page.js';
import type { BatchRecord } from './batch.entity.js';

export interface BatchFilter {
  states?: BatchState[];
  /** The dialect that they came in by. */
  source?: JobSource;
}

/** Rows of batches, as the API shows them, with what `history` is said to be: all of it is shown in streams only. */
const select = (
  history: string,
) => `SELECT b.id, b.tenant_id AS "tenantId", b.state, m.name AS model, b.alias, b.version_id AS "versionId",
    v.number AS "versionNumber", b.task, b.parameters, b.priority, b.invalid_lines AS "invalidLines", b.file_id AS "fileId",
    b.output_file AS "outputFile", b.error_file AS "errorFile", b.errors, b.error_count AS "errorCount",
    b.total, b.succeeded, b.failed, b.canceled, b.expired, b.tokens::float8 AS tokens, b.sequence, ${history} AS history, b.metadata,
    CASE WHEN b.webhook_url IS NOT NULL THEN json_build_object('url', b.webhook_url, 'events', b.webhook_events) END AS webhook,
    b.created_at AS "createdAt", b.started_at AS "startedAt", b.completed_at AS "completedAt", b.deadline, b.dialect
  FROM batches b LEFT JOIN versions v ON v.id = b.version_id LEFT JOIN models m ON m.id = v.model_id`;
const WHOLE = select('b.history');
/** The same with changes of state alone for a history. */
export const BATCHES = select(
  `(SELECT coalesce(jsonb_agg(h.entry ORDER BY h.place), '[]') FROM jsonb_array_elements(b.history) WITH ORDINALITY h (entry, place)
     WHERE jsonb_typeof(h.entry) = 'object')`,
);

export async function find(database: Database, tenantId: string, id: string): Promise<BatchRecord | null> {
  const [row] = await database.query<BatchRecord>(
    `${WHOLE} WHERE b.tenant_id = $1 AND b.id = $2`,
    [tenantId, id],
    'kept',
  );
  return row ?? null;
}

/** Newest first, older than `before`, with changes of state alone for a history. */
export function list(
  database: Database,
  tenantId: string,
  { states, source }: BatchFilter,
  page: PageRange,
  admit?: Admit,
): Promise<MeasuredPage<BatchRecord>> {
  const open = states?.every((state) => !isTerminalBatch(state)) ? 'AND b.completed_at IS NULL' : '';
  const query: PageQuery = {
    ids: `SELECT b.id FROM batches b WHERE b.tenant_id = $1 AND ($2::uuid IS NULL OR b.id < $2)
      AND ($3::text[] IS NULL OR b.state = ANY ($3)) AND ($4::text IS NULL OR b.dialect ->> 'source' = $4) ${open} ORDER BY b.id DESC`,
    large: ['parameters', 'errors', 'metadata'].map((column) => ({ column, table: 'batches', key: 'id' })),
    rows: BATCHES,
    parameters: [tenantId, page.before, states ?? null, source ?? null],
  };
  return measuredPage<BatchRecord>(database, query, page, admit);
}

/** States of many batches of any tenant at once: what waiters look at after a signal. */
export async function endedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    'SELECT id FROM batches WHERE id = ANY ($1::uuid[]) AND completed_at IS NOT NULL',
    [ids],
  );
  return rows.map((row) => row.id);
}

/** How often each of many batches of any tenant has changed: what streams look at. */
export function sequencesOf(database: Database, ids: string[]): Promise<{ id: string; sequence: number }[]> {
  return database.query('SELECT id, sequence FROM batches WHERE id = ANY ($1)', [ids]);
}
