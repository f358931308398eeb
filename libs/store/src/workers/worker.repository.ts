import type { Database } from '../database/database.js';

/** Seconds after which a silent worker counts as gone: three missed heartbeats. */
const WORKER_FRESH_S = 15;

export class WorkerRepository {
  constructor(private readonly database: Database) {}

  /** Registers or refreshes a worker. `throughput`: version UUID → tokens per second. */
  async heartbeat(worker: {
    id: string;
    host: string;
    pid: number;
    throughput: Record<string, number>;
  }): Promise<void> {
    await this.database.query(
      `INSERT INTO workers (id, host, pid, throughput) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), throughput = excluded.throughput`,
      [worker.id, worker.host, worker.pid, JSON.stringify(worker.throughput)],
    );
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM workers WHERE id = $1', [id]);
  }

  /** Forgets workers that were killed a day ago or earlier; those that end in order remove themselves. */
  async removeGone(): Promise<void> {
    await this.database.query("DELETE FROM workers WHERE heartbeat_at < now() - interval '1 day'");
  }

  /** Workers heard of lately. */
  async countFresh(): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      'SELECT count(*) FROM workers WHERE heartbeat_at > now() - make_interval(secs => $1)',
      [WORKER_FRESH_S],
    );
    return Number(row!.count);
  }

  /** Tokens per second of all live workers together, by version UUID. */
  async throughput(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ version: string; tokens_per_s: number }>(
      `SELECT t.key AS version, sum(t.value::float8) AS tokens_per_s
         FROM workers w, jsonb_each_text(w.throughput) t
        WHERE w.heartbeat_at > now() - make_interval(secs => $1) GROUP BY 1`,
      [WORKER_FRESH_S],
      'kept',
    );
    return new Map(rows.map((row) => [row.version, row.tokens_per_s]));
  }
}
