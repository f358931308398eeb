import type { Pool } from '@heddle/contracts';
import type { PoolRecord } from '@heddle/store';

/** A pool as the API shows it. */
export function poolView(pool: PoolRecord): Pool {
  const { workers, scaling } = pool;
  const work = scaling?.work ?? 0;
  const busyOf = workers + pool.draining;
  return {
    object: 'pool',
    name: pool.name,
    models: pool.models,
    workers,
    starting: pool.starting,
    draining: pool.draining,
    load: busyOf > 0 ? Math.min(1, Math.round((pool.busy / busyOf) * 1000) / 1000) : 0,
    work_s: inTenths(work),
    wait_s: workers > 0 ? inTenths(work / workers) : null,
    desired_workers: pool.desiredWorkers,
    decided_at: pool.decidedAt?.toISOString() ?? null,
  };
}

function inTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
