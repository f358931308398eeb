import { SHADOW_RANK, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { IS_FRESH } from '../workers/worker.entity.js';

/** What waits for one version, and what serves it. */
export interface QueueRecord {
  /** Of the version. */
  id: string;
  model: string;
  number: number;
  paused: boolean;
  running: number;
  /** Queued jobs by rank of priority: high, normal, low. */
  queued: [number, number, number];
  /** Estimated. */
  queuedTokens: number;
  /** Of running jobs, likewise; what is done of them included. */
  runningTokens: number;
  /** Of the oldest queued job; null when none is queued. */
  oldestAgeS: number | null;
  tokensPerS: number;
  /** Workers that take jobs of the version, and those of them that know their speed at it. */
  workers: number;
  measuredWorkers: number;
}

/** A version has a queue when it takes jobs, or has some left. */
const HAS_QUEUE = `v.deleted_at IS NULL AND (v.status = 'ready' OR (v.status = 'archived'
  AND EXISTS (SELECT 1 FROM jobs j WHERE j.version_id = v.id AND j.completed_at IS NULL)))`;

/**
 * Open jobs of a version `c`, by the indexes of its backlog and of its window. One that was claimed from a dispatch which
 * its dispatcher did not live to commit is in neither until it ends. Second runs are nobody's work.
 */
const OPEN_JOBS = `SELECT priority, state, cost, created_at FROM jobs
    WHERE version_id = c.id AND state = 'queued' AND dispatched_at IS NULL AND priority < ${SHADOW_RANK}
  UNION ALL SELECT priority, state, cost, created_at FROM jobs
    WHERE version_id = c.id AND state IN ('queued', 'running') AND dispatched_at IS NOT NULL
      AND priority < ${SHADOW_RANK}`;

/** As the system: what serves a queue belongs to no tenant, and pausing concerns the jobs of all. */
export class QueueRepository {
  constructor(private readonly database: Database) {}

  /**
   * Newest version first, older than `before`; those of every tenant's models when `tenantId` is null. Reads the
   * open jobs of these versions: milliseconds for thousands.
   */
  list(
    tenantId: string | null,
    page: { before: string | null; limit: number },
    versionId: string | null = null,
  ): Promise<QueueRecord[]> {
    const queued = (rank: number) => `(count(*) FILTER (WHERE state = 'queued' AND priority = ${rank}))::int`;
    return this.database.query<QueueRecord>(
      `WITH chosen AS MATERIALIZED (
         SELECT v.id, m.name AS model, v.number, v.paused_at IS NOT NULL AS paused
           FROM versions v JOIN models m ON m.id = v.model_id
          WHERE ${HAS_QUEUE} AND ($1::uuid IS NULL OR m.tenant_id = $1) AND ($2::uuid IS NULL OR v.id < $2)
            AND ($4::uuid IS NULL OR v.id = $4) ORDER BY v.id DESC LIMIT $3),
       open AS (
         SELECT c.id AS version_id, (count(*) FILTER (WHERE state = 'running'))::int AS running,
                json_build_array(${queued(0)}, ${queued(1)}, ${queued(2)}) AS queued,
                coalesce(sum(cost) FILTER (WHERE state = 'queued'), 0)::float8 AS tokens,
                coalesce(sum(cost) FILTER (WHERE state = 'running'), 0)::float8 AS running_tokens,
                min(created_at) FILTER (WHERE state = 'queued') AS oldest
           FROM chosen c CROSS JOIN LATERAL (${OPEN_JOBS}) j GROUP BY c.id)
       SELECT c.id, c.model, c.number, c.paused, coalesce(o.running, 0) AS running,
              coalesce(o.queued, '[0,0,0]'::json) AS queued, coalesce(o.tokens, 0) AS "queuedTokens",
              coalesce(o.running_tokens, 0) AS "runningTokens",
              extract(epoch FROM now() - o.oldest)::float8 AS "oldestAgeS", serving.*
         FROM chosen c LEFT JOIN open o ON o.version_id = c.id CROSS JOIN LATERAL (
           SELECT (count(*) FILTER (WHERE c.id = ANY (w.served) AND w.phase = 'serving'))::int AS workers,
                  count(w.throughput -> c.id::text)::int AS "measuredWorkers",
                  coalesce(sum((w.throughput ->> c.id::text)::float8), 0) AS "tokensPerS"
             FROM workers w WHERE ${IS_FRESH}) serving
        ORDER BY c.id DESC`,
      [tenantId, page.before, page.limit, versionId],
    );
  }

  /** Whether a version has a queue. */
  async has(versionId: string): Promise<boolean> {
    const rows = await this.database.query(`SELECT FROM versions v WHERE v.id = $1 AND ${HAS_QUEUE}`, [
      versionId,
    ]);
    return rows.length > 0;
  }

  /** The queue of a version; null when it has none. */
  async find(versionId: string): Promise<QueueRecord | null> {
    const [queue] = await this.list(null, { before: null, limit: 1 }, versionId);
    return queue ?? null;
  }

  /**
   * Pauses a version, or lets it go on; false when it has no queue. What was dispatched and not claimed yet leaves the
   * window either way: paused it stays queued, and whatever slipped in meanwhile is dispatched again.
   */
  pause(versionId: string, paused: boolean, actor: Actor): Promise<boolean> {
    return this.database.transaction(async (query) => {
      const [found] = await query<{ tenantId: string; paused: boolean }>(
        `SELECT m.tenant_id AS "tenantId", v.paused_at IS NOT NULL AS paused
           FROM versions v JOIN models m ON m.id = v.model_id WHERE v.id = $1 AND ${HAS_QUEUE} FOR NO KEY UPDATE OF v`,
        [versionId],
      );
      if (!found) return false;
      if (found.paused === paused) return true;
      await query('UPDATE versions SET paused_at = CASE WHEN $2 THEN now() END WHERE id = $1', [
        versionId,
        paused,
      ]);
      // One that is being claimed or dispatched right now is passed over: a claim looks whether its version is paused.
      await query(
        `UPDATE jobs SET dispatched_at = NULL, epoch = epoch + 1 WHERE id IN (
           SELECT id FROM jobs WHERE version_id = $1 AND state = 'queued' AND dispatched_at IS NOT NULL
              FOR UPDATE SKIP LOCKED)`,
        [versionId],
      );
      await recordChange(query, actor, {
        tenantId: found.tenantId,
        action: paused ? 'queue.pause' : 'queue.resume',
        object: toPublicId('version', versionId),
        before: { paused: found.paused },
        after: { paused },
      });
      return true;
    });
  }
}
