import { HeddleError } from '@heddle/contracts';
import { stateOf } from './errors.js';
import type { Query } from './statement.js';

/** The key of a request that creates, and the SHA-256 of what it asked for. */
export interface Idempotency {
  key: string;
  requestHash: Buffer;
}

const LOCK_TIMEOUT = '55P03';

/** The row of a tenant that an idempotency key has made, with the hash of its request. */
export async function findKeyed(
  query: Query,
  table: 'batches' | 'evaluations',
  tenantId: string,
  key: string,
): Promise<{ id: string; requestHash: Buffer } | null> {
  const [row] = await query<{ id: string; requestHash: Buffer }>(
    `SELECT id, request_hash AS "requestHash" FROM ${table} WHERE tenant_id = $1 AND idempotency_key = $2`,
    [tenantId, key],
  );
  return row ?? null;
}

/** Throws `idempotency-key-reused` unless the stored request is the same one. */
export function assertSameRequest(stored: Buffer | null, idempotency: Idempotency): void {
  if (stored?.equals(idempotency.requestHash)) return;
  throw new HeddleError('idempotency-key-reused', 'This Idempotency-Key was used with another request body.');
}

/**
 * The unique index of the keys makes the second request wait for the first one's commit; when that takes longer
 * than the lock timeout, the answer is `idempotency-in-progress`.
 */
export async function orInProgress<T>(idempotency: Idempotency | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!idempotency || !(error instanceof HeddleError) || stateOf(error.cause) !== LOCK_TIMEOUT) throw error;
    throw inProgress(error);
  }
}

export function inProgress(cause?: unknown): HeddleError {
  return new HeddleError(
    'idempotency-in-progress',
    'The first request with this Idempotency-Key is still running.',
    { cause, headers: { 'Retry-After': '1' } },
  );
}
