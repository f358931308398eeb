import type { BatchState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { BATCH_EVENTS, CHANGED_BATCH } from '../events/emit.js';
import type { BatchFence } from './batch.entity.js';

/** Thrown where a batch is not this dispatcher's any more: it was canceled, or another one has taken it over. */
export class BatchLost extends Error {
  constructor() {
    super('the batch is worked on by another dispatcher');
    this.name = 'BatchLost';
  }
}

/**
 * `work` in one transaction that holds the row of the batch, so that what it writes is seen together, and only while this
 * attempt is the newest. Throws `BatchLost`.
 */
export function fenced<T>(
  database: Database,
  { id, attempt }: BatchFence,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return database.transaction(async (query) => {
    const rows = await query(
      'SELECT 1 FROM batches WHERE id = $1 AND attempt = $2 AND completed_at IS NULL FOR UPDATE',
      [id, attempt],
    );
    if (rows.length === 0) throw new BatchLost();
    return work(query);
  });
}

/** Assignments that write down a change of state, which must be among them as well. */
export const CHANGE_TO = (state: BatchState) => `state = '${state}', sequence = sequence + 1,
  history = history || jsonb_build_array(jsonb_build_object('status', '${state}', 'at', now()))`;

/**
 * Changes the state of one batch, with whatever else `assignments` say (parameters from $2 on), and tells of it in the
 * same statement.
 */
export async function changeTo(
  query: Query,
  state: 'running' | 'succeeded' | 'failed' | 'canceled' | 'expired',
  id: string,
  assignments: string,
  parameters: unknown[],
): Promise<void> {
  await query(
    `WITH changed AS (UPDATE batches b SET ${CHANGE_TO(state)}, ${assignments} WHERE b.id = $1 RETURNING ${CHANGED_BATCH}),
     ${BATCH_EVENTS}
     SELECT FROM changed`,
    [id, ...parameters],
  );
}
