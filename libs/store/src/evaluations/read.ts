import type { EvaluationState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import {
  type Admit,
  type MeasuredPage,
  measuredPage,
  type PageQuery,
  type PageRange,
  UNASKED_BYTES,
} from '../database/page.js';
import type { EvaluationItemRow, EvaluationRecord } from './evaluation.entity.js';

/** Rows of evaluations, as the API shows them, with what `history` is said to be: it shows that in streams only. */
const select = (
  history: string,
) => `SELECT e.id, e.tenant_id AS "tenantId", e.state, m.name AS model, e.alias, e.version_id AS "versionId",
    v.number AS "versionNumber",
    CASE WHEN bv.id IS NOT NULL THEN json_build_object('id', bv.id, 'model', bm.name, 'number', bv.number) END AS baseline,
    e.task, e.parameters, e.options, e.priority, e.invalid_lines AS "invalidLines", e.file_id AS "fileId", e.sha256, e.format,
    e.items, e.invalid, e.skipped, e.succeeded, e.failed, e.errors, e.error_count AS "errorCount", e.result, e.sequence, ${history} AS history, e.metadata,
    e.created_at AS "createdAt", e.started_at AS "startedAt", e.completed_at AS "completedAt", e.deadline
  FROM evaluations e JOIN versions v ON v.id = e.version_id JOIN models m ON m.id = v.model_id
    LEFT JOIN versions bv ON bv.id = e.baseline_version_id LEFT JOIN models bm ON bm.id = bv.model_id`;
const WHOLE = select('e.history');
/** The same without the history. */
export const EVALUATIONS = select(`'[]'::jsonb`);

export async function find(
  database: Database,
  tenantId: string,
  id: string,
): Promise<EvaluationRecord | null> {
  const [row] = await database.query<EvaluationRecord>(
    `${WHOLE} WHERE e.tenant_id = $1 AND e.id = $2`,
    [tenantId, id],
    'kept',
  );
  return row ?? null;
}

export interface EvaluationFilter {
  states?: EvaluationState[];
  /** Name. */
  model?: string;
  versionId?: string;
  fileId?: string;
}

/** Newest first, older than `before`. */
export function list(
  database: Database,
  tenantId: string,
  { states, model, versionId, fileId }: EvaluationFilter,
  page: PageRange,
  admit?: Admit,
): Promise<MeasuredPage<EvaluationRecord>> {
  const query: PageQuery = {
    ids: `SELECT e.id FROM evaluations e JOIN versions v ON v.id = e.version_id JOIN models m ON m.id = v.model_id
      WHERE e.tenant_id = $1 AND ($2::uuid IS NULL OR e.id < $2) AND ($3::text[] IS NULL OR e.state = ANY ($3))
      AND ($4::text IS NULL OR m.name = $4) AND ($5::uuid IS NULL OR e.version_id = $5)
      AND ($6::uuid IS NULL OR e.file_id = $6) ORDER BY e.id DESC`,
    large: ['parameters', 'options', 'errors', 'result', 'metadata'].map((column) => ({
      column,
      table: 'evaluations',
      key: 'id',
    })),
    rows: EVALUATIONS,
    parameters: [tenantId, page.before, states ?? null, model ?? null, versionId ?? null, fileId ?? null],
  };
  return measuredPage<EvaluationRecord>(database, query, page, admit);
}

/** Those of many evaluations of any tenant that have ended: what waiters look at after a signal. */
export async function endedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    'SELECT id FROM evaluations WHERE id = ANY ($1::uuid[]) AND completed_at IS NOT NULL',
    [ids],
  );
  return rows.map((row) => row.id);
}

/** How many events each of many evaluations of any tenant has: what streams look at. */
export function sequencesOf(database: Database, ids: string[]): Promise<{ id: string; sequence: number }[]> {
  return database.query(
    'SELECT id, jsonb_array_length(history) AS sequence FROM evaluations WHERE id = ANY ($1::uuid[])',
    [ids],
  );
}

const ITEM = `place, line, expected, group_name AS "group", slice, output, error, correct, loss,
  baseline_output AS "baselineOutput", baseline_error AS "baselineError"`;
/** Bytes of the JSON of an item. */
const ITEM_BYTES = `coalesce(octet_length(expected::text), 0) + coalesce(octet_length(output::text), 0)
  + coalesce(octet_length(baseline_output::text), 0)`;

export interface ItemPage {
  /** The place that the page before ended with; -1 for the first. */
  after: number;
  limit: number;
  /** Bytes that the items may have together; the first one is shown whatever its size. */
  maxBytes: number;
  correct?: boolean;
  admit?: Admit;
}

/** Items behind `after` in the order of the data set: what fits a page. */
export async function items(
  database: Database,
  id: string,
  { after, limit, maxBytes, correct, admit }: ItemPage,
): Promise<{ rows: EvaluationItemRow[]; more: boolean }> {
  const sized = await database.query<{ place: number; bytes: number }>(
    `SELECT place, (${ITEM_BYTES})::float8 AS bytes FROM evaluation_items
      WHERE evaluation_id = $1 AND place > $2 AND ($3::boolean IS NULL OR correct = $3) ORDER BY place LIMIT $4`,
    [id, after, correct ?? null, limit + 1],
  );
  const places: number[] = [];
  let bytes = 0;
  for (const row of sized.slice(0, limit)) {
    if (places.length > 0 && bytes + row.bytes > maxBytes) break;
    bytes += row.bytes;
    places.push(row.place);
  }
  if (bytes > UNASKED_BYTES) await admit?.(bytes);
  const rows = await database.query<EvaluationItemRow>(
    `SELECT ${ITEM} FROM evaluation_items WHERE evaluation_id = $1 AND place = ANY ($2::int[]) ORDER BY place`,
    [id, places],
  );
  return { rows, more: sized.length > places.length };
}
