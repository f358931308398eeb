import type { Database } from '../database/database.js';
import { CHANGED_JOB, jobEvents } from '../events/emit.js';
import { HISTORY_ON_CLAIM } from './history.js';
import type { ClaimedJob } from './job.entity.js';
import { NOT_PAUSED } from './paused.js';

/**
 * Claims many queue entries in one statement. An entry whose job has another epoch, is held by a live lease or
 * has ended yields no row: somebody else has it, or it is over. Nor does one of a paused version, which is dispatched
 * again when it goes on.
 *
 * The commit does not wait for the disk: that of the result does, and takes the claim along. A claim that Postgres loses
 * in a crash is as if it had not been: its result is dropped and the job dispatched again.
 */
export async function claim(
  database: Database,
  entries: { id: string; epoch: number }[],
  worker: { id: string; leaseMs: number },
): Promise<ClaimedJob[]> {
  return database.query<ClaimedJob>(
    `WITH claimed AS (
     UPDATE jobs j SET state = 'running', attempt = j.attempt + 1, sequence = j.sequence + 1, worker_id = $3,
            lease_until = now() + make_interval(secs => $4 / 1000.0), started_at = coalesce(j.started_at, now()),
            history = ${HISTORY_ON_CLAIM}
       FROM unnest($1::uuid[], $2::int[]) AS entry (id, epoch), job_inputs i
      WHERE j.id = entry.id AND j.epoch = entry.epoch AND i.job_id = coalesce(j.shadow_of, j.id) AND j.deadline > now()
        AND (j.state = 'queued' OR (j.state = 'running' AND j.lease_until < now())) AND ${NOT_PAUSED('j')}
      RETURNING j.id, j.version_id, j.priority, j.task, j.parameters, i.inputs, j.attempt, j.crashes, j.created_at, ${CHANGED_JOB},
            set_config('synchronous_commit', 'off', true)),
     ${jobEvents('claimed', 'c.attempt = 1')}
     SELECT id, tenant_id AS "tenantId", version_id AS "versionId", priority, task, source, parameters, inputs, attempt, crashes,
            (SELECT v.max_tokens FROM versions v WHERE v.id = c.version_id) AS "maxTokens",
            (extract(epoch FROM now() - created_at) * 1000)::float8 AS "queueMs" FROM claimed c`,
    [entries.map((entry) => entry.id), entries.map((entry) => entry.epoch), worker.id, worker.leaseMs],
    'kept',
  );
}

/** Extends the leases a worker still holds; returns the ids that it no longer holds. */
export async function extendLeases(
  database: Database,
  held: { id: string; attempt: number }[],
  worker: { id: string; leaseMs: number },
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `UPDATE jobs j SET lease_until = now() + make_interval(secs => $3 / 1000.0)
       FROM unnest($1::uuid[], $2::int[]) AS held (id, attempt)
      WHERE j.id = held.id AND j.attempt = held.attempt AND j.worker_id = $4 AND j.state = 'running' RETURNING j.id`,
    [held.map((job) => job.id), held.map((job) => job.attempt), worker.leaseMs, worker.id],
    'kept',
  );
  const kept = new Set(rows.map((row) => row.id));
  return held.map((job) => job.id).filter((id) => !kept.has(id));
}
