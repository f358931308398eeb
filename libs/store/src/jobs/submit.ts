import { HeddleError, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';

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
  idempotency: Idempotency | null;
}

/**
 * Commits a job and its inputs in one statement, so there is never one without the other. The same
 * idempotency key returns the job that exists (`created: false`).
 * Errors: `idempotency-key-reused`, `idempotency-in-progress` (the first request has not committed within the
 * lock timeout), `overloaded`, `not-found` when the version was deleted since it was resolved.
 */
export async function submit(database: Database, job: NewJob): Promise<{ id: string; created: boolean }> {
  const inserted = await orInProgress(job.idempotency, () => insert(database, job));
  if (inserted) return { id: inserted, created: true };
  const [existing] = job.idempotency
    ? await database.query<{ id: string; request_hash: Buffer }>(
        'SELECT id, request_hash FROM jobs WHERE tenant_id = $1 AND idempotency_key = $2',
        [job.tenantId, job.idempotency.key],
      )
    : [];
  if (!existing) throw new HeddleError('not-found', 'The model version is not there any more.');
  assertSameRequest(existing.request_hash, job.idempotency!);
  return { id: existing.id, created: false };
}

async function insert(database: Database, job: NewJob): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `WITH live AS (SELECT id FROM versions WHERE id = $3 AND deleted_at IS NULL FOR KEY SHARE),
     accepted AS (
       INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost,
                         deadline, idempotency_key, request_hash)
       SELECT $1::uuid, $2::uuid, id, $4, $5, $6::json, $7::jsonb, $8::smallint, $9::int, $10::int,
              now() + make_interval(secs => $11), $12, $13::bytea FROM live
       ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id),
     texts AS (INSERT INTO job_inputs (job_id, inputs) SELECT id, $14::json FROM accepted)
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
}
