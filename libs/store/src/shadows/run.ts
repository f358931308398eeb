import type { Flow } from '@heddle/contracts';
import { SHADOW_RANK } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { NOT_PAUSED } from '../jobs/paused.js';
import { IS_FRESH } from '../workers/worker.entity.js';

/** A second run that is to enter the queue of its version. */
export interface ShadowRun extends Flow {
  id: string;
  epoch: number;
  versionId: string;
  cost: number;
}

/** Second runs that are made at once. */
const RUNS_AT_ONCE = 64;
/** Estimated tokens of second runs that are in queues and workers at a time, of the whole instance; one run may have more. */
const MAX_OPEN_COST = 4_096;
/** Seconds that a second run has from then on. One that its worker loses is not tried again: it ends so. */
const DEADLINE_S = 60;
/** Seconds that the answer of a second run is kept where nobody comes to compare it. */
const RESULT_TTL_S = 3_600;
/** Of who makes second runs; the number is arbitrary. */
const ADVISORY_LOCK = 4_850_133_104;

/** Whether there is anything to run a second time, or to compare. */
export async function hasShadowsDue(database: Database): Promise<boolean> {
  const [row] = await database.query<{ due: boolean }>(
    'SELECT EXISTS (SELECT FROM jobs WHERE shadow_due AND completed_at IS NOT NULL) AS due',
    [],
    'kept',
  );
  return row!.due;
}

/**
 * Makes second runs of jobs that have ended, the longest ended first, where something is spare: no job of any version that is not paused is
 * queued, fewer run than live workers have threads for inference, and few tokens of second runs are under way; of those that it makes only one may be beyond that. One dispatcher does so at a time.
 * They are committed as dispatched before they can be added: an entry whose row nobody sees yet would be forgotten. What a dispatcher does not live to add ends by its deadline.
 */
export async function makeShadowRuns(database: Database): Promise<ShadowRun[]> {
  return database.query<ShadowRun>(
    `WITH room AS (
       SELECT ${MAX_OPEN_COST} - (SELECT coalesce(sum(cost), 0) FROM jobs s WHERE s.completed_at IS NULL AND s.priority = ${SHADOW_RANK}) AS "left"
        WHERE pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AND NOT EXISTS (SELECT FROM jobs w WHERE w.completed_at IS NULL AND w.state = 'queued'
                                   AND w.priority < ${SHADOW_RANK} AND ${NOT_PAUSED('w')})
          AND (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.priority < ${SHADOW_RANK})
              < (SELECT greatest(1, sum(w.threads)) FROM workers w WHERE ${IS_FRESH} AND w.phase = 'serving')),
     oldest AS (
       SELECT p.id, p.completed_at, p.cost, room."left" FROM room, jobs p JOIN versions v ON v.id = p.shadow_version_id AND v.status = 'ready'
          AND v.deleted_at IS NULL AND v.paused_at IS NULL
        WHERE p.shadow_due AND p.completed_at IS NOT NULL AND p.shadow_of IS NULL AND p.state = 'succeeded' AND p.data_removed_at IS NULL
          AND room."left" > 0 ORDER BY p.completed_at LIMIT ${RUNS_AT_ONCE} FOR UPDATE OF p SKIP LOCKED),
     next AS (
       SELECT id FROM (SELECT id, "left", sum(cost) OVER (ORDER BY completed_at, id) - cost AS before FROM oldest) o WHERE before < "left"),
     taken AS (UPDATE jobs p SET shadow_due = false FROM next WHERE p.id = next.id AND p.shadow_due RETURNING p.*)
     INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, priority, items, cost, deadline, source, shadow_of,
                       shadow_due, dispatched_at, result_ttl_s)
     SELECT new_uuidv7(), p.tenant_id, p.shadow_version_id, p.alias, p.task, p.parameters, ${SHADOW_RANK}, p.items, p.cost,
            now() + make_interval(secs => ${DEADLINE_S}), 'shadow', p.id, true, now(), least(p.result_ttl_s, ${RESULT_TTL_S})
       FROM taken p
     RETURNING id, epoch, version_id AS "versionId", tenant_id AS "tenantId", priority, cost`,
    [],
    'kept',
  );
}
