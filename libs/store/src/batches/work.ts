import type { BatchError } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import type { ClaimedBatch, LineError } from './batch.entity.js';
import { CHANGE_TO, changeTo, fenced } from './fence.js';

/** For so long after its deadline, or after it was canceled, is a batch that cannot be got on tried again. */
const PATIENCE_S = 86_400;

/** Which batch is next. */
export interface Turn {
  states: ClaimedBatch['state'][];
  /** Tenants that had their turn, the last one last: theirs come after all others', in this order. */
  served: string[];
  /** Tenants that have enough: none of theirs. */
  full?: string[];
}

const ANY: Turn = { states: ['validating', 'running', 'finalizing', 'canceling'], served: [] };

/** Takes the batch whose turn it is, for `leaseMs`: of equal ones that which has waited longest; null when none is due. */
export async function claim(
  database: Database,
  leaseMs: number,
  { states, served, full = [] }: Turn = ANY,
): Promise<ClaimedBatch | null> {
  const [row] = await database.query<ClaimedBatch>(
    `UPDATE batches b SET attempt = b.attempt + 1, due_at = now() + make_interval(secs => $1 / 1000.0)
       FROM (SELECT id FROM batches WHERE completed_at IS NULL AND state = ANY ($2) AND due_at <= now() AND tenant_id <> ALL ($4::uuid[])
              ORDER BY coalesce(array_position($3::uuid[], tenant_id), 0), due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due,
            versions v
      WHERE b.id = due.id AND v.id = b.version_id
      RETURNING b.id, b.attempt, b.tenant_id AS "tenantId", b.version_id AS "versionId", v.manifest, b.task, b.parameters, b.priority,
        b.invalid_lines AS "invalidLines", b.dialect, b.state, b.sha256, b.bytes::float8 AS bytes, b.total,
        b.succeeded + b.failed + b.canceled + b.expired AS done,
        b.next_byte::float8 AS "nextByte", b.next_line AS "nextLine", b.output_bytes::float8 AS "outputBytes", b.overfull,
        b.deadline <= now() AS overdue,
        CASE WHEN b.state = 'canceling' THEN (b.history -> -1 ->> 'at')::timestamptz ELSE b.deadline END
          + make_interval(secs => ${PATIENCE_S}) <= now() AS lapsed`,
    [leaseMs, states, served, full],
    'kept',
  );
  return row ?? null;
}

/** Forgets the lines that an attempt before has found wrong. */
export function beginValidation(database: Database, fence: Fence): Promise<void> {
  return fenced(database, fence, async (query) => {
    await query('DELETE FROM batch_line_errors WHERE batch_id = $1', [fence.id]);
  });
}

/** Notes lines that cannot run. */
export function addLineErrors(database: Database, fence: Fence, errors: LineError[]): Promise<void> {
  return fenced(database, fence, (query) => insertLineErrors(query, fence.id, errors));
}

export async function insertLineErrors(query: Query, id: string, errors: LineError[]): Promise<void> {
  await query(
    'INSERT INTO batch_line_errors (batch_id, line, code, message) SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[])',
    [id, errors.map((one) => one.line), errors.map((one) => one.code), errors.map((one) => one.message)],
  );
}

/** What the validation of a batch's file has found. */
export interface Validated {
  /** Lines that are not blank, and those of them that cannot run. */
  total: number;
  invalid: number;
  errors: BatchError[];
  errorCount: number;
}

/** `validating → running`: the file can run. */
export function start(
  database: Database,
  fence: Fence,
  { total, invalid, errors, errorCount }: Validated,
): Promise<void> {
  return fenced(database, fence, (query) =>
    changeTo(
      query,
      'running',
      fence.id,
      'started_at = now(), total = $2, failed = $3, errors = $4, error_count = $5',
      [total, invalid, JSON.stringify(errors), errorCount],
    ),
  );
}

/** Why a batch ends without files. */
export interface Refused extends Pick<Validated, 'errors' | 'errorCount'> {
  /** `canceled` where it was canceled anyway. */
  state?: 'failed' | 'canceled';
}

/** Ends a batch without files: its file cannot run, or nothing can be written of what has run. */
export function fail(
  database: Database,
  fence: Fence,
  { errors, errorCount, state = 'failed' }: Refused,
  keptDays: number,
): Promise<void> {
  return fenced(database, fence, async (query) => {
    await query('DELETE FROM batch_jobs WHERE batch_id = $1', [fence.id]);
    await query('DELETE FROM batch_line_errors WHERE batch_id = $1', [fence.id]);
    await changeTo(
      query,
      state,
      fence.id,
      `completed_at = now(), errors = $2, error_count = $3, expires_at = now() + make_interval(days => $4),
       total = 0, succeeded = 0, failed = 0, canceled = 0, expired = 0`,
      [JSON.stringify(errors), errorCount, keptDays],
    );
  });
}

/** Ends a batch at its owner's wish, as far as the API does that; false when it had got too far (or is not the tenant's). */
export async function cancel(database: Database, tenantId: string, id: string): Promise<boolean> {
  const rows = await database.query(
    // Another attempt: whoever works on it now has lost it.
    `UPDATE batches SET ${CHANGE_TO('canceling')}, attempt = attempt + 1, due_at = now()
      WHERE tenant_id = $1 AND id = $2 AND state IN ('validating', 'running') RETURNING id`,
    [tenantId, id],
  );
  return rows.length > 0;
}
