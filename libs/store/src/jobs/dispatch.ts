import { type Flow, SHADOW_RANK } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { NOT_PAUSED } from './paused.js';

/** A job that waits to enter the dispatch window. */
export interface Candidate extends Flow {
  id: string;
  epoch: number;
  /** Estimated tokens. */
  cost: number;
  /** Whether it is to go before what waits in the queue; said by who chooses it. */
  goesAhead?: boolean;
  /** Of the request that made it; said where it is added. */
  traceparent?: string | null;
}

/** What a flow has in the dispatch window: jobs that were dispatched and have not ended. */
export interface WindowFlow extends Flow {
  jobs: number;
  /** Estimated tokens of all of them, as if those that run had just begun. */
  cost: number;
  /** Those of them that no worker has claimed yet. */
  waitingJobs: number;
  waitingCost: number;
  /** How long the first of those has waited in the queue, milliseconds; 0 where there is none. */
  waitedMs: number;
}

/** Picks from candidates, in the order in which they are to be added. */
export type Choose = (candidates: Candidate[]) => Candidate[] | Promise<Candidate[]>;

/** Versions that have undispatched jobs and are not paused: one look into the index for each, which the order asks for. */
export async function versionsWithBacklog(database: Database): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT v.id FROM versions v CROSS JOIN LATERAL (
       SELECT FROM jobs j WHERE j.version_id = v.id AND j.state = 'queued' AND j.dispatched_at IS NULL
          AND j.priority < ${SHADOW_RANK} ORDER BY j.priority, j.tenant_id LIMIT 1) waiting
      WHERE v.paused_at IS NULL`,
    [],
    'kept',
  );
  return rows.map((row) => row.id);
}

/** The flows of a version that have something in its window. */
export async function windowOf(database: Database, versionId: string): Promise<WindowFlow[]> {
  return database.query<WindowFlow>(
    `SELECT priority, tenant_id AS "tenantId", count(*)::int AS jobs, sum(cost)::float8 AS cost,
            (count(*) FILTER (WHERE state = 'queued'))::int AS "waitingJobs",
            coalesce(sum(cost) FILTER (WHERE state = 'queued'), 0)::float8 AS "waitingCost",
            coalesce(extract(epoch FROM now() - min(dispatched_at) FILTER (WHERE state = 'queued')) * 1000, 0)::float8 AS "waitedMs"
       FROM jobs WHERE version_id = $1 AND state IN ('queued', 'running') AND dispatched_at IS NOT NULL
        AND priority < ${SHADOW_RANK}
      GROUP BY priority, tenant_id`,
    [versionId],
    'kept',
  );
}

/**
 * Lets `choose` pick from the oldest undispatched jobs of every flow, and `add` put them into the queue. Candidates are
 * read without locks; what was chosen is marked, if it still is undispatched and free, then added, and only then is the
 * mark committed: so two dispatchers never add the same dispatch. A dispatcher that dies in between leaves
 * rows that are simply dispatched again (same epoch, same queue id). What another one holds is passed over, for those
 * that come after it. Jobs that are past their deadline are left to the sweep that expires them.
 *
 * `limit` candidates are divided among the flows, each has one at least. Returns how many were added.
 */
export async function dispatch(
  database: Database,
  versionId: string,
  limit: number,
  add: (chosen: Candidate[]) => Promise<unknown>,
  choose: Choose = (candidates) => candidates,
): Promise<number> {
  const taken: string[] = [];
  for (;;) {
    const chosen = await choose(await candidates(database, versionId, limit, taken));
    if (chosen.length === 0) return 0;
    const added = await mark(database, chosen, add);
    if (added > 0) return added;
    for (const job of chosen) taken.push(job.id);
  }
}

/**
 * The oldest undispatched jobs of every flow of a version that is not paused, oldest first. Flows are found by skipping from one to the
 * next in the index, so that the cost follows their number and not the length of anybody's backlog. One flow is a range
 * of that index: as two equalities Postgres may take the index of a tenant's jobs, and read all that the tenant ever sent.
 */
async function candidates(
  database: Database,
  versionId: string,
  limit: number,
  except: string[],
): Promise<Candidate[]> {
  const undispatched = `version_id = $1 AND state = 'queued' AND dispatched_at IS NULL AND priority < ${SHADOW_RANK}`;
  return database.query<Candidate>(
    `WITH RECURSIVE flows AS (
       (SELECT priority, tenant_id FROM jobs WHERE ${undispatched} AND ${NOT_PAUSED('jobs')} ORDER BY priority, tenant_id LIMIT 1)
       UNION ALL
       SELECT next.priority, next.tenant_id FROM flows f CROSS JOIN LATERAL (
         SELECT priority, tenant_id FROM jobs
          WHERE ${undispatched} AND (priority, tenant_id) > (f.priority, f.tenant_id)
          ORDER BY priority, tenant_id LIMIT 1) next)
     SELECT oldest.id, oldest.epoch, f.priority, f.tenant_id AS "tenantId", oldest.cost
       FROM flows f CROSS JOIN LATERAL (
         SELECT id, epoch, cost FROM jobs
          WHERE ${undispatched} AND (priority, tenant_id) BETWEEN (f.priority, f.tenant_id) AND (f.priority, f.tenant_id)
            AND deadline > now() AND id <> ALL ($3::uuid[])
          ORDER BY priority, tenant_id, id LIMIT (SELECT ceil($2::float8 / count(*))::bigint FROM flows)) oldest
      ORDER BY oldest.id`,
    [versionId, limit, except],
    'kept',
  );
}

/**
 * Marks those of the chosen that are still undispatched and free, and adds them. Returns how many. The commit does not
 * wait for the disk, and a claim not for the commit: a mark that Postgres loses in a crash is one that a dispatcher did
 * not come to make.
 */
async function mark(
  database: Database,
  chosen: Candidate[],
  add: (chosen: Candidate[]) => Promise<unknown>,
): Promise<number> {
  return database.transaction(async (query) => {
    const rows = await query<{ id: string; epoch: number; traceparent: string | null }>(
      `UPDATE jobs j SET dispatched_at = now()
         FROM (SELECT id FROM jobs one WHERE id = ANY ($1::uuid[]) AND state = 'queued' AND dispatched_at IS NULL
                  AND deadline > now() AND ${NOT_PAUSED('one')} FOR UPDATE OF one SKIP LOCKED) free
        WHERE j.id = free.id RETURNING j.id, j.epoch, j.traceparent, set_config('synchronous_commit', 'off', true)`,
      [chosen.map((job) => job.id)],
      'kept',
    );
    if (rows.length === 0) return 0;
    const marked = new Map(rows.map(({ id, epoch, traceparent }) => [id, { epoch, traceparent }]));
    await add(chosen.filter((job) => marked.has(job.id)).map((job) => ({ ...job, ...marked.get(job.id) })));
    return rows.length;
  });
}
