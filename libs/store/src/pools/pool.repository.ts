import type { ScalingState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { UNFINISHED } from '../versions/version.entity.js';
import { IS_FRESH } from '../workers/worker.entity.js';
import type { PoolRecord } from './pool.entity.js';

/** What a decision is made from. */
export interface PoolToDecide extends PoolRecord {
  /** Seconds of the database's clock. */
  at: number;
}

const IS_DRAINING = `(w.phase = 'draining' OR w.drain_requested_at IS NOT NULL)`;

/** As the system: pools are nobody's. Their rows stay while they have no workers. */
export class PoolRepository {
  constructor(private readonly database: Database) {}

  /** All, or those of these names; there are few. */
  list(names: string[] | null = null): Promise<PoolRecord[]> {
    return readPools((sql, parameters) => this.database.query(sql, parameters), names);
  }

  async find(name: string): Promise<PoolRecord | null> {
    const [pool] = await this.list([name]);
    return pool ?? null;
  }

  /** Imports that wait for a worker or run. */
  async countImports(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM versions WHERE status IN (${UNFINISHED}) AND deleted_at IS NULL`,
    );
    return row!.count;
  }

  /**
   * Has `decide` say anew how many workers each pool should have: of pools about which nobody has for `leastS` seconds. One
   * dispatcher at a time; whoever comes meanwhile decides nothing.
   */
  async decide(
    leastS: number,
    decide: (pools: PoolToDecide[]) => Promise<Map<string, ScalingState>>,
  ): Promise<void> {
    await this.database.transaction(async (query) => {
      const due = await query<{ name: string; at: number }>(
        `SELECT name, extract(epoch FROM now())::float8 AS at FROM pools
          WHERE decided_at IS NULL OR decided_at < now() - make_interval(secs => $1)
          ORDER BY name FOR UPDATE SKIP LOCKED`,
        [leastS],
      );
      if (due.length === 0) return;
      const { at } = due[0]!;
      const pools = await readPools(
        query,
        due.map(({ name }) => name),
      );
      const states = await decide(pools.map((pool) => ({ ...pool, at })));
      await query(
        `UPDATE pools p SET desired_workers = (s.value ->> 'desired')::int, scaling = s.value, decided_at = now()
           FROM jsonb_each($1::jsonb) s WHERE p.name = s.key`,
        [JSON.stringify(Object.fromEntries(states))],
      );
    });
  }
}

function readPools(query: Query, names: string[] | null): Promise<PoolRecord[]> {
  return query<PoolRecord>(
    `SELECT p.name, p.models, p.desired_workers AS "desiredWorkers", p.scaling, p.decided_at AS "decidedAt",
            live.workers, live.starting, live.draining, live.busy, speeds.of AS speeds
       FROM pools p CROSS JOIN LATERAL (
         SELECT (count(*) FILTER (WHERE w.phase = 'serving' AND NOT ${IS_DRAINING}))::int AS workers,
                (count(*) FILTER (WHERE w.phase = 'starting' AND NOT ${IS_DRAINING}))::int AS starting,
                (count(*) FILTER (WHERE ${IS_DRAINING}))::int AS draining, coalesce(sum(w.load), 0)::float8 AS busy
           FROM workers w WHERE w.pool = p.name AND ${IS_FRESH}) live
       CROSS JOIN LATERAL (
         SELECT coalesce(json_object_agg(t.version, t.tokens_per_s), '{}'::json) AS of FROM (
           SELECT e.key AS version, avg(e.value::float8) AS tokens_per_s
             FROM workers w CROSS JOIN LATERAL jsonb_each_text(w.throughput) e
            WHERE w.pool = p.name AND ${IS_FRESH} GROUP BY 1) t) speeds
      WHERE $1::text[] IS NULL OR p.name = ANY ($1) ORDER BY p.name`,
    [names],
  );
}
