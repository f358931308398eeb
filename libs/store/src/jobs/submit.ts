import { HeddleError, type JobSource, type JobWebhook } from '@heddle/contracts';
import { KeyedCoalescer } from '../database/coalescer.js';
import type { Access, Database } from '../database/database.js';
import { assertSameRequest, type Idempotency, orInProgress } from '../database/idempotency.js';
import { findByKey } from './read.js';

export interface NewJob {
  /** A new UUID. */
  id: string;
  tenantId: string;
  versionId: string;
  alias: string | null;
  /** The version is on trial behind the alias. */
  canary?: boolean;
  /** UUID of the version that runs it again, for comparison. */
  shadowVersionId?: string | null;
  task: string;
  parameters: Record<string, unknown>;
  inputs: unknown[];
  /** Which interface it comes in by; the native one when absent. */
  source?: JobSource;
  /** What that interface shows of the job beside what every job has. */
  dialect?: Record<string, unknown> | null;
  metadata: Record<string, string>;
  /** Rank of the priority, 0 first. */
  priority: number;
  deadlineS: number;
  /** Seconds from the end until inputs and results are removed; they are kept when absent or null. */
  resultTtlS?: number | null;
  /** Where the job's own events go, beside the tenant's endpoints. */
  webhook?: JobWebhook | null;
  /** Of the request that made it: `00-<trace>-<parent>-<flags>`. */
  traceparent?: string | null;
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

/** Jobs that are committed together at most, and the longest JSON of inputs among them: milliseconds for Postgres. */
const GROUP_JOBS = 64;
const GROUP_INPUT_CHARS = 4_096;

export type Submit = (job: NewJob) => Promise<Submitted>;

/**
 * Commits a job and its inputs in one statement, so there is never one without the other. The same
 * idempotency key returns the job that exists (`created: false`).
 *
 * Small jobs of one tenant for one version that arrive during a commit share the next one. A job with an idempotency key
 * may have to wait for another request's commit, so it goes alone.
 * Errors: `idempotency-key-reused`, `idempotency-in-progress` (the first request has not committed within the
 * lock timeout), `overloaded`, `not-found` when the version was deleted since it was resolved.
 */
export function openSubmit(access: Access): Submit {
  // What the database refuses for its own reasons concerns all alike; anything else may be the fault of one.
  const mayBeOnes = (error: unknown) => !(error instanceof HeddleError);
  const insertOfOne = (jobs: Serialised[]) => insert(access.tenant(jobs[0]!.tenantId), jobs);
  const groups = new KeyedCoalescer(insertOfOne, GROUP_JOBS, { mayBeOnes });
  return async (job) => {
    const serialised = { ...job, inputsJson: JSON.stringify(job.inputs) };
    const alone = job.idempotency !== null || serialised.inputsJson.length > GROUP_INPUT_CHARS;
    const insertOnce = async () =>
      alone
        ? (await orInProgress(job.idempotency, () => insertOfOne([serialised])))[0]
        : groups.run(`${job.tenantId} ${job.versionId}`, serialised);
    // Twice: a job that had the key may lose it just then (`forgetKey`).
    for (let tries = 0; tries < 2; tries++) {
      if (await insertOnce()) return { id: job.id, created: true, answerStatus: job.answerStatus ?? null };
      if (!job.idempotency) break;
      const existing = await findByKey(access.tenant(job.tenantId), job.tenantId, job.idempotency.key);
      if (!existing) continue;
      assertSameRequest(existing.requestHash, job.idempotency);
      return { id: existing.id, created: false, answerStatus: existing.answerStatus };
    }
    throw new HeddleError('not-found', 'The model version is not there any more.');
  };
}

/** Frees the idempotency key of a job that has come to nothing; a job in any other state keeps its own. */
export async function forgetKey(database: Database, id: string): Promise<void> {
  await database.query(
    `UPDATE jobs SET idempotency_key = NULL, request_hash = NULL WHERE id = $1 AND state IN ('failed', 'canceled', 'expired')`,
    [id],
  );
}

/** Writes down what the request that made a job is about to be answered with. */
export async function rememberAnswer(database: Database, id: string, answerStatus: number): Promise<void> {
  await database.query('UPDATE jobs SET answer_status = $2 WHERE id = $1', [id, answerStatus]);
}

interface Serialised extends NewJob {
  inputsJson: string;
}

/** Jobs of one tenant for one version; whether each was inserted. */
async function insert(database: Database, jobs: Serialised[]): Promise<boolean[]> {
  const list = <T>(value: (job: Serialised) => T) => jobs.map(value);
  const rows = await database.query<{ id: string }>(
    `WITH live AS (SELECT id FROM versions WHERE id = $2 AND deleted_at IS NULL FOR KEY SHARE),
     given AS (
       SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::json[], $7::json[], $8::smallint[], $9::int[], $10::int[],
                            $11::float8[], $12::text[], $13::bytea[], $14::json[], $15::smallint[], $16::int[], $17::text[], $18::text[], $19::text[], $20::boolean[],
                            $21::uuid[], $22::text[], $23::json[])
         AS g (id, alias, task, parameters, metadata, priority, items, cost, deadline_s, idempotency_key, request_hash,
               inputs, answer_status, result_ttl_s, webhook_url, webhook_events, traceparent, canary,
               shadow_version_id, source, dialect)),
     accepted AS (
       INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost,
                         deadline, idempotency_key, request_hash, answer_status, result_ttl_s, webhook_url, webhook_events,
                         traceparent, canary, shadow_version_id, shadow_due, source, dialect)
       SELECT g.id, $1::uuid, live.id, g.alias, g.task, g.parameters, g.metadata::jsonb, g.priority, g.items, g.cost,
              now() + make_interval(secs => g.deadline_s), g.idempotency_key, g.request_hash, g.answer_status,
              g.result_ttl_s, g.webhook_url, string_to_array(g.webhook_events, ','), g.traceparent, g.canary,
              g.shadow_version_id, g.shadow_version_id IS NOT NULL, g.source, g.dialect
         FROM live, given g
       ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id),
     texts AS (INSERT INTO job_inputs (job_id, tenant_id, inputs) SELECT id, $1::uuid, g.inputs FROM accepted JOIN given g USING (id))
     SELECT id FROM accepted`,
    [
      jobs[0]!.tenantId,
      jobs[0]!.versionId,
      list((job) => job.id),
      list((job) => job.alias),
      list((job) => job.task),
      list((job) => JSON.stringify(job.parameters)),
      list((job) => JSON.stringify(job.metadata)),
      list((job) => job.priority),
      list((job) => job.inputs.length),
      list((job) => job.cost),
      list((job) => job.deadlineS),
      list((job) => job.idempotency?.key ?? null),
      list((job) => job.idempotency?.requestHash ?? null),
      list((job) => job.inputsJson),
      list((job) => (job.idempotency && job.answerStatus) ?? null),
      list((job) => job.resultTtlS ?? null),
      list((job) => job.webhook?.url ?? null),
      list((job) => job.webhook?.events.join(',') ?? null),
      list((job) => job.traceparent ?? null),
      list((job) => job.canary ?? false),
      list((job) => job.shadowVersionId ?? null),
      list((job) => job.source ?? 'native'),
      list((job) => job.dialect && JSON.stringify(job.dialect)),
    ],
    'kept',
  );
  const accepted = new Set(rows.map((row) => row.id));
  return jobs.map((job) => accepted.has(job.id));
}
