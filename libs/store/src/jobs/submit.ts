import { HeddleError, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { stateOf } from '../database/errors.js';

export interface NewJob {
  tenantId: string;
  versionId: string;
  alias: string | null;
  task: string;
  parameters: Record<string, unknown>;
  inputs: unknown[];
  metadata: Record<string, string>;
  /** Rank of the priority, 0 first. */
  priority: number;
  deadlineS: number;
  /** Estimated tokens of all inputs. */
  cost: number;
  idempotency: { key: string; requestHash: Buffer } | null;
}

const LOCK_TIMEOUT = '55P03';

/**
 * Commits a job and its inputs in one statement, so there is never one without the other. The same
 * idempotency key returns the job that exists (`created: false`).
 * Errors: `idempotency-key-reused`, `idempotency-in-progress` (the first request has not committed within the
 * lock timeout), `overloaded`.
 */
export async function submit(database: Database, job: NewJob): Promise<{ id: string; created: boolean }> {
  const inserted = await insert(database, job);
  if (inserted) return { id: inserted, created: true };
  const [existing] = await database.query<{ id: string; request_hash: Buffer }>(
    'SELECT id, request_hash FROM jobs WHERE tenant_id = $1 AND idempotency_key = $2',
    [job.tenantId, job.idempotency!.key],
  );
  if (!existing) throw new HeddleError('overloaded', 'The job could not be stored; try again.');
  if (!existing.request_hash.equals(job.idempotency!.requestHash)) {
    throw new HeddleError(
      'idempotency-key-reused',
      'This Idempotency-Key was used with another request body.',
    );
  }
  return { id: existing.id, created: false };
}

async function insert(database: Database, job: NewJob): Promise<string | null> {
  try {
    const rows = await database.query<{ id: string }>(
      `WITH accepted AS (
         INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost,
                           deadline, idempotency_key, request_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11), $12, $13)
         ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id),
       texts AS (INSERT INTO job_inputs (job_id, inputs) SELECT id, $14 FROM accepted)
       SELECT id FROM accepted`,
      [
        newUuid(),
        job.tenantId,
        job.versionId,
        job.alias,
        job.task,
        JSON.stringify(job.parameters),
        JSON.stringify(job.metadata),
        job.priority,
        job.inputs.length,
        job.cost,
        job.deadlineS,
        job.idempotency?.key ?? null,
        job.idempotency?.requestHash ?? null,
        JSON.stringify(job.inputs),
      ],
    );
    return rows[0]?.id ?? null;
  } catch (error) {
    // The unique index makes the second request wait for the first one's commit.
    if (job.idempotency && error instanceof HeddleError && stateOf(error.cause) === LOCK_TIMEOUT) {
      throw new HeddleError(
        'idempotency-in-progress',
        'The first request with this Idempotency-Key is still running.',
        {
          cause: error,
          headers: { 'Retry-After': '1' },
        },
      );
    }
    throw error;
  }
}
