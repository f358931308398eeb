import type { BatchState } from '@heddle/contracts';
import { fencedIn } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import { BATCH_EVENTS, CHANGED_BATCH } from '../events/emit.js';

/** As `fencedIn` says. */
export const fenced = fencedIn('batches');

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
