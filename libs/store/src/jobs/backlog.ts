import type { Database } from '../database/database.js';

/**
 * What is queued or running: items, and estimated tokens. Lines of batches and examples of evaluations cost as all do, but are no items of anybody's: there are
 * never many of them, whatever their files hold.
 */
export interface Backlog {
  items: number;
  cost: number;
  /** By tenant UUID; those with nothing open are absent. */
  tenants: Map<string, { items: number; cost: number }>;
}

/** Reads every open job by a partial index: milliseconds for thousands, so it is not for every request. */
export async function backlog(database: Database): Promise<Backlog> {
  const rows = await database.query<{ id: string; items: number; cost: number }>(
    `SELECT tenant_id AS id, coalesce(sum(items) FILTER (WHERE batch_id IS NULL AND evaluation_id IS NULL), 0)::float8 AS items, sum(cost)::float8 AS cost FROM jobs
      WHERE completed_at IS NULL AND shadow_of IS NULL GROUP BY tenant_id`,
  );
  return {
    items: rows.reduce((sum, row) => sum + row.items, 0),
    cost: rows.reduce((sum, row) => sum + row.cost, 0),
    tenants: new Map(rows.map(({ id, items, cost }) => [id, { items, cost }])),
  };
}
