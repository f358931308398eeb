import { toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import { IS_FRESH, type WorkerBeat, type WorkerRecord } from './worker.entity.js';

export class WorkerRepository {
  constructor(private readonly database: Database) {}

  /** Registers or refreshes a worker, and its pool. Whether it was asked to drain. */
  async heartbeat(worker: WorkerBeat): Promise<{ drain: boolean }> {
    const [row] = await this.database.query<{ drain: boolean }>(
      `WITH pool AS (
         INSERT INTO pools (name, models) SELECT $13::text, $14::text[] WHERE NOT EXISTS (
           SELECT FROM pools p WHERE p.name = $13 AND p.models IS NOT DISTINCT FROM $14::text[])
         ON CONFLICT (name) DO UPDATE SET models = excluded.models)
       INSERT INTO workers (id, host, pid, phase, device, threads, build, jobs_done, served, loaded, throughput,
                            quarantined, pool, load, inference_processes, memory_budget_bytes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $15, $16, $17)
       ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), phase = excluded.phase, jobs_done = excluded.jobs_done,
         served = excluded.served, loaded = excluded.loaded, throughput = excluded.throughput,
         quarantined = excluded.quarantined, load = excluded.load
       RETURNING drain_requested_at IS NOT NULL AS drain`,
      [
        worker.id,
        worker.host,
        worker.pid,
        worker.phase,
        worker.device,
        worker.threads,
        worker.build,
        worker.jobsDone,
        worker.served,
        JSON.stringify(worker.loaded),
        JSON.stringify(worker.throughput),
        JSON.stringify(worker.quarantined),
        worker.pool,
        worker.models,
        worker.load,
        worker.inferenceProcesses,
        worker.memoryBudgetBytes,
      ],
    );
    return row!;
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM workers WHERE id = $1', [id]);
  }

  /** Forgets workers that were killed a day ago or earlier; those that end in order remove themselves. */
  async removeGone(): Promise<void> {
    await this.database.query("DELETE FROM workers WHERE heartbeat_at < now() - interval '1 day'");
  }

  /** Workers that take jobs and were heard of lately. */
  async countFresh(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM workers w WHERE ${IS_FRESH} AND w.phase = 'serving'`,
    );
    return row!.count;
  }

  /** Tokens per second of all live workers together, by version UUID. */
  async throughput(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ version: string; tokens_per_s: number }>(
      `SELECT t.key AS version, sum(t.value::float8) AS tokens_per_s
         FROM workers w, jsonb_each_text(w.throughput) t WHERE ${IS_FRESH} GROUP BY 1`,
      [],
      'kept',
    );
    return new Map(rows.map((row) => [row.version, row.tokens_per_s]));
  }

  /** Newest first, older than `before`. Those that were killed stay for a day. */
  list(page: { before: string | null; limit: number }, id: string | null = null): Promise<WorkerRecord[]> {
    return this.database.query<WorkerRecord>(
      `SELECT w.id, w.host, w.pool, w.load, w.inference_processes AS "inferenceProcesses",
              w.memory_budget_bytes::float8 AS "memoryBudgetBytes", w.phase, w.device, w.threads, w.build, coalesce(held.jobs, 0) AS "jobsRunning",
              w.jobs_done::float8 AS "jobsDone", ${IS_FRESH} AS alive, w.started_at AS "startedAt",
              w.heartbeat_at AS "heartbeatAt", w.drain_requested_at AS "drainRequestedAt",
              coalesce((SELECT json_agg(json_build_object('version', v.id, 'model', m.name, 'bytes', l.value::float8)
                                        ORDER BY v.id)
                          FROM jsonb_each_text(w.loaded) l JOIN versions v ON v.id = l.key::uuid
                          JOIN models m ON m.id = v.model_id), '[]'::json) AS loaded
         FROM workers w LEFT JOIN (SELECT worker_id, count(*)::int AS jobs FROM jobs WHERE lease_until IS NOT NULL
                                    GROUP BY worker_id) held ON held.worker_id = w.id
        WHERE ($1::uuid IS NULL OR w.id < $1) AND ($3::uuid IS NULL OR w.id = $3) ORDER BY w.id DESC LIMIT $2`,
      [page.before, page.limit, id],
    );
  }

  async find(id: string): Promise<WorkerRecord | null> {
    const [worker] = await this.list({ before: null, limit: 1 }, id);
    return worker ?? null;
  }

  /** Asks a worker to drain; false when there is none. `tenantId`: the operator's, whose log tells of it. */
  requestDrain(id: string, tenantId: string, actor: Actor): Promise<boolean> {
    return this.database.transaction(async (query) => {
      const [found] = await query<{ before: Date | null }>(
        'SELECT drain_requested_at AS before FROM workers WHERE id = $1 FOR UPDATE',
        [id],
      );
      if (!found) return false;
      const [now] = await query<{ after: Date }>(
        `UPDATE workers SET drain_requested_at = coalesce(drain_requested_at, now()) WHERE id = $1
          RETURNING drain_requested_at AS after`,
        [id],
      );
      await recordChange(query, actor, {
        tenantId,
        action: 'worker.drain',
        object: toPublicId('worker', id),
        before: { drain_requested_at: found.before?.toISOString() ?? null },
        after: { drain_requested_at: now!.after.toISOString() },
      });
      return true;
    });
  }
}
