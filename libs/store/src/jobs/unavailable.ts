import type { ErrorCode } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { CHANGED_JOB, jobEvents } from '../events/emit.js';
import { IS_FRESH } from '../workers/worker.entity.js';
import { NOT_PAUSED } from './paused.js';
import { SWEEP_LIMIT } from './requeue.js';

/**
 * Versions, by UUID, that every live worker whose pool serves them holds in quarantine now. A worker that starts, and one of a release that tells of no
 * quarantine, may still run them; so may any that comes while there is none at all.
 */
export async function unavailableVersions(database: Database): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `WITH live AS (
       SELECT w.quarantined, p.models FROM workers w LEFT JOIN pools p ON p.name = w.pool
        WHERE ${IS_FRESH} AND w.phase <> 'draining' AND w.drain_requested_at IS NULL)
     SELECT q.id FROM live CROSS JOIN LATERAL jsonb_object_keys(live.quarantined) AS q (id)
       LEFT JOIN versions v ON v.id = q.id::uuid LEFT JOIN models m ON m.id = v.model_id
      GROUP BY q.id, m.name
     HAVING count(*) = (SELECT count(*) FROM live WHERE live.models IS NULL OR m.name = ANY (live.models))`,
    [],
    'kept',
  );
  return rows.map((row) => row.id);
}

/**
 * Ends queued jobs of these versions as `model-unavailable`. Jobs of batches and evaluations wait for the end of the quarantine: lines whose
 * fault it is not have time until the batch's window has passed. Returns their ids, a bounded number at once.
 */
export async function failUnavailable(database: Database, versions: string[]): Promise<string[]> {
  if (versions.length === 0) return [];
  const code: ErrorCode = 'model-unavailable';
  const rows = await database.query<{ id: string }>(
    `WITH stuck AS (
       SELECT id FROM jobs q WHERE q.completed_at IS NULL AND q.state = 'queued' AND q.version_id = ANY ($1::uuid[])
          AND q.batch_id IS NULL AND q.evaluation_id IS NULL AND ${NOT_PAUSED('q')} LIMIT ${SWEEP_LIMIT} FOR UPDATE SKIP LOCKED),
     ended AS (
     UPDATE jobs j SET state = 'failed', sequence = j.sequence + 1, completed_at = now(), failed = j.items,
            error = json_build_object('code', '${code}', 'message',
              'The model version crashed the inference processes of every worker too often.', 'retryable', true,
              'attempt', j.attempt)
       FROM stuck WHERE j.id = stuck.id RETURNING j.id, ${CHANGED_JOB}),
     ${jobEvents('ended')}
     SELECT id FROM ended`,
    [versions],
  );
  return rows.map((row) => row.id);
}
