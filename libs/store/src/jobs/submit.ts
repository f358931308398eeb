import { HeddleError, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';
import { findByKey } from './read.js';

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
  /** Seconds from the end until inputs and results are removed; they are kept when absent or null. */
  resultTtlS?: number | null;
  /** Estimated tokens of all inputs. */
  cost: number;
  idempotency: Idempotency | null;
  /** The status code of the answer, where it is known before the job has ended. */
  answerStatus?: number | null;
}

/** A submission that is committed, now or by an earlier request with the same idempotency key. */
export interface Submitted {
  id: string;
  created: boolean;
  /** What the request that made the job was answered with; null when it has not been yet. */
  answerStatus: number | null;
}

/**
 * Commits a job and its inputs in one statement, so there is never one without the other. The same
 * idempotency key returns the job that exists (`created: false`).
 * Errors: `idempotency-key-reused`, `idempotency-in-progress` (the first request has not committed within the
 * lock timeout), `overloaded`, `not-found` when the version was deleted since it was resolved.
 */
export async function submit(database: Database, job: NewJob): Promise<Submitted> {
  const inserted = await orInProgress(job.idempotency, () => insert(database, job));
  if (inserted) return { id: inserted, created: true, answerStatus: job.answerStatus ?? null };
  const existing = job.idempotency && (await findByKey(database, job.tenantId, job.idempotency.key));
  if (!existing) throw new HeddleError('not-found', 'The model version is not there any more.');
  assertSameRequest(existing.requestHash, job.idempotency!);
  return { id: existing.id, created: false, answerStatus: existing.answerStatus };
}

/** Writes down what the request that made a job is about to be answered with. */
export async function rememberAnswer(database: Database, id: string, answerStatus: number): Promise<void> {
  await database.query('UPDATE jobs SET answer_status = $2 WHERE id = $1', [id, answerStatus]);
}

async function insert(database: Database, job: NewJob): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `WITH live AS (SELECT id FROM versions WHERE id = $3 AND deleted_at IS NULL FOR KEY SHARE),
     accepted AS (
       INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost,
                         deadline, idempotency_key, request_hash, answer_status, result_ttl_s)
       SELECT $1::uuid, $2::uuid, id, $4, $5, $6::json, $7::jsonb, $8::smallint, $9::int, $10::int,
              now() + make_interval(secs => $11), $12, $13::bytea, $15::smallint, $16::int FROM live
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
      (job.idempotency && job.answerStatus) ?? null,
      job.resultTtlS ?? null,
    ],
  );
  return rows[0]?.id ?? null;
}
