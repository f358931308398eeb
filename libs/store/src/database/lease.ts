import { HeddleError } from '@heddle/contracts';
import type { Database } from './database.js';
import type { Query } from './statement.js';

/** Tables of work that one dispatcher at a time gets on: it has taken the newest `attempt`, until `due_at`. */
export type Leased = 'batches' | 'evaluations';

/** Who works on a row: a write that names another attempt than the newest does nothing. */
export interface Fence {
  id: string;
  attempt: number;
}

/** Thrown where a row is not this dispatcher's any more: it was canceled, or another one has taken it over. */
export class LeaseLost extends Error {
  constructor(table: Leased) {
    super(`a row of ${table} is worked on by another dispatcher`);
    this.name = 'LeaseLost';
  }
}

/**
 * `work` in one transaction that holds the row, so that what it writes is seen together, and only while this attempt is the
 * newest. Throws `LeaseLost`.
 */
export function fencedIn(table: Leased) {
  return <T>(database: Database, { id, attempt }: Fence, work: (query: Query) => Promise<T>): Promise<T> =>
    database.transaction(async (query) => {
      const rows = await query(
        `SELECT 1 FROM ${table} WHERE id = $1 AND attempt = $2 AND completed_at IS NULL FOR UPDATE`,
        [id, attempt],
      );
      if (rows.length === 0) throw new LeaseLost(table);
      return work(query);
    });
}

/** Holds a row for `ms` more, or, when the work on it is done for now, lets it rest for that long. False when it is another's. */
export async function holdFor(
  database: Database,
  table: Leased,
  { id, attempt }: Fence,
  ms: number,
): Promise<boolean> {
  const rows = await database.query(
    `UPDATE ${table} SET due_at = now() + make_interval(secs => $3 / 1000.0)
      WHERE id = $1 AND attempt = $2 AND completed_at IS NULL RETURNING id`,
    [id, attempt, ms],
    'kept',
  );
  return rows.length > 0;
}

/** Seconds until a client asks again whose work is too much. */
export const RETRY_AFTER_S = 60;

/** Throws `quota-exceeded` when the tenant has more rows that have not ended, with the one that this transaction has just inserted. */
export async function assertFewOpen(
  query: Query,
  table: Leased,
  tenantId: string,
  most: number,
): Promise<void> {
  // Counted one after the other: each sees those before it. Taken last, so nobody waits in a circle.
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${table} of ${tenantId}`]);
  const [row] = await query<{ open: number }>(
    `SELECT count(*)::int AS open FROM ${table} WHERE tenant_id = $1 AND completed_at IS NULL`,
    [tenantId],
  );
  if (row!.open <= most) return;
  const detail = `At most ${most} ${table} may be unfinished. Wait until one has ended, or cancel one.`;
  throw new HeddleError('quota-exceeded', detail, { headers: { 'Retry-After': String(RETRY_AFTER_S) } });
}
