import { PRIORITIES, type ScalingPolicy, WORKER_STATUSES, workerStatus, workersFor } from '@heddle/contracts';
import type { PoolRecord, QueueRecord, Store, WorkerRecord } from '@heddle/store';
import { Gauge, type Registry } from '@heddle/telemetry';

/** Least age at which the backlog is read anew, and the part of the time that reading it takes at most. */
const FRESH_MS = 1_000;
const READING_SHARE = 1 / 10;
/** Queues and workers that are shown; beyond, the oldest are left out. */
const MAX_SHOWN = 1_000;

interface State {
  queues: QueueRecord[];
  workers: WorkerRecord[];
  deliveries: { open: number; lagS: number };
  pools: PoolRecord[];
}

/**
 * What waits and who works, read from Postgres when somebody asks: every dispatcher tells the same. Versions of one model
 * are one, and so are models of the same name.
 */
export function addBacklogMetrics(
  registry: Registry,
  store: Store,
  policy: Pick<ScalingPolicy, 'targetWaitS' | 'minWorkers'>,
): void {
  const read = remembered(async () => ({
    queues: await store.queues.list(null, { before: null, limit: MAX_SHOWN }),
    workers: await store.workers.list({ before: null, limit: MAX_SHOWN }),
    deliveries: await store.deliveries.backlog(),
    pools: await store.pools.list(),
  }));
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    show: (gauge: Gauge, state: State) => void,
  ) =>
    new Gauge({
      name: `heddle_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const state = await read();
        this.reset();
        show(this, state);
      },
    });

  gauge('queue_jobs', 'Queued jobs.', ['model', 'priority'], (shown, { queues }) => {
    for (const { model, queued } of queues)
      for (const [rank, priority] of PRIORITIES.entries()) shown.inc({ model, priority }, queued[rank]!);
  });
  gauge('queue_tokens', 'Estimated tokens of queued jobs.', ['model'], (shown, { queues }) => {
    for (const { model, queuedTokens } of queues) shown.inc({ model }, queuedTokens);
  });
  gauge('queue_oldest_age_seconds', 'Age of the oldest queued job.', ['model'], (shown, { queues }) => {
    const ages = new Map<string, number>();
    for (const { model, oldestAgeS } of queues)
      ages.set(model, Math.max(ages.get(model) ?? 0, oldestAgeS ?? 0));
    for (const [model, age] of ages) shown.set({ model }, age);
  });
  gauge(
    'desired_workers',
    'Workers that do what is queued within the target wait, of each model by itself.',
    ['model'],
    (shown, { queues }) => {
      for (const queue of queues) shown.inc({ model: queue.model }, workersFor(queue, policy));
    },
  );
  gauge('pool_desired_workers', 'Workers that a pool should have.', ['pool'], (shown, { pools }) => {
    for (const { name, desiredWorkers } of pools) shown.set({ pool: name }, desiredWorkers);
  });
  gauge('pool_workers', 'Workers of a pool that take jobs.', ['pool'], (shown, { pools }) => {
    for (const { name, workers } of pools) shown.set({ pool: name }, workers);
  });
  gauge('pool_busy_workers', 'Engine time that a pool uses, in workers.', ['pool'], (shown, { pools }) => {
    for (const { name, busy } of pools) shown.set({ pool: name }, busy);
  });
  gauge(
    'pool_work_seconds',
    'Time that one worker takes for what a pool has to do.',
    ['pool'],
    (shown, { pools }) => {
      for (const { name, scaling } of pools) shown.set({ pool: name }, scaling?.work ?? 0);
    },
  );
  gauge('workers', 'Workers by status.', ['status'], (shown, { workers }) => {
    for (const status of WORKER_STATUSES) shown.set({ status }, 0);
    for (const worker of workers)
      shown.inc({ status: workerStatus({ ...worker, drainRequested: worker.drainRequestedAt !== null }) });
  });
  gauge('webhook_backlog', 'Deliveries of webhooks that wait or are under way.', [], (shown, state) =>
    shown.set(state.deliveries.open),
  );
  gauge(
    'webhook_lag_seconds',
    'How long the delivery of a webhook that is due the longest has been; 0 where none is.',
    [],
    (shown, state) => shown.set(state.deliveries.lagS),
  );
}

/** One reading for all gauges, and for all who ask in its time. */
function remembered<T>(read: () => Promise<T>): () => Promise<T> {
  let latest: { at: Promise<T>; until: number } | undefined;
  return () => {
    if (latest && performance.now() < latest.until) return latest.at;
    const startedAt = performance.now();
    const reading = { at: read(), until: Number.POSITIVE_INFINITY };
    latest = reading;
    const remember = () => {
      const now = performance.now();
      reading.until = now + Math.max(FRESH_MS, (now - startedAt) / READING_SHARE);
    };
    const forget = () => {
      reading.until = 0;
    };
    reading.at.then(remember, forget);
    return reading.at;
  };
}
