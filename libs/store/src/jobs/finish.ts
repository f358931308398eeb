import type { JobError, JobTiming, JobUsage } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { CHANGED_JOB, jobEvents } from '../events/emit.js';

export interface FinishedJob {
  id: string;
  attempt: number;
  /** JSON text of the list of item results, in the order of the inputs. */
  results: string;
  /** Tokens of each item, where they are to be shown one by one. */
  itemTokens?: number[] | null;
  /** The output of an item had no room beside the others'. */
  noRoom?: boolean;
  succeeded: number;
  failed: number;
  usage: JobUsage;
  timing: Omit<JobTiming, 'total_ms'>;
  /** Set when every item failed. */
  error: JobError | null;
}

/**
 * Stores the results of many jobs of one worker and ends them, in one transaction. A job whose attempt is no longer the
 * running one is left alone: its result is stale. Returns the ids that were stored. An attempt is one number and one
 * worker: after a crash of Postgres in which a claim was lost, another worker's may have the same number.
 */
export async function finish(database: Database, jobs: FinishedJob[], workerId: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `WITH given AS (
       SELECT * FROM unnest($1::uuid[], $2::int[], $3::json[], $4::int[], $5::int[], $6::json[], $7::json[], $8::json[], $10::text[],
           $11::boolean[]) AS g (id, attempt, results, succeeded, failed, usage, timing, error, tokens, no_room)),
     ended AS (
       UPDATE jobs j SET state = CASE WHEN g.succeeded > 0 THEN 'succeeded' ELSE 'failed' END, sequence = j.sequence + 1,
              completed_at = now(), lease_until = NULL, worker_id = NULL, succeeded = g.succeeded, failed = g.failed,
              usage = g.usage, timing = g.timing, error = g.error
         FROM given g WHERE j.id = g.id AND j.attempt = g.attempt AND j.worker_id = $9
            AND j.state = 'running' RETURNING j.id, ${CHANGED_JOB}),
     stored AS (INSERT INTO job_results (job_id, tenant_id, results, bytes, tokens, no_room)
                SELECT g.id, ended.tenant_id, g.results, octet_length(g.results::text), g.tokens::int[], g.no_room FROM given g JOIN ended USING (id)),
     ${jobEvents('ended')}
     SELECT id FROM ended`,
    [
      jobs.map((job) => job.id),
      jobs.map((job) => job.attempt),
      jobs.map((job) => job.results),
      jobs.map((job) => job.succeeded),
      jobs.map((job) => job.failed),
      jobs.map((job) => JSON.stringify(job.usage)),
      jobs.map((job) => JSON.stringify(job.timing)),
      jobs.map((job) => (job.error ? JSON.stringify(job.error) : null)),
      workerId,
      // Lists of different lengths are no matrix, which is all that a list of lists could be.
      jobs.map((job) => (job.itemTokens ? `{${job.itemTokens.join()}}` : null)),
      jobs.map((job) => job.noRoom ?? false),
    ],
    'kept',
  );
  return rows.map((row) => row.id);
}

/** Ends a job at its owner's wish; null when it had already ended (or is not the tenant's). */
export async function cancel(database: Database, tenantId: string, id: string): Promise<string | null> {
  const [row] = await database.query<{ id: string }>(
    `WITH canceled AS (
       UPDATE jobs j SET state = 'canceled', sequence = j.sequence + 1, completed_at = now(), lease_until = NULL, worker_id = NULL
        WHERE j.tenant_id = $1 AND j.id = $2 AND j.shadow_of IS NULL AND j.state IN ('queued', 'running') RETURNING j.id, ${CHANGED_JOB}),
     ${jobEvents('canceled')}
     SELECT id FROM canceled`,
    [tenantId, id],
  );
  return row?.id ?? null;
}
