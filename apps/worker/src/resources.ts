import { hostname } from 'node:os';
import { type ArtifactStore, openUsableStore } from '@heddle/artifacts';
import type { Config } from '@heddle/config';
import { newUuid, type Signals } from '@heddle/contracts';
import { openSignals, openWorkQueue, type QueueConnection, type WorkQueue } from '@heddle/queue';
import { openStore, type Store } from '@heddle/store';
import { createMetrics, type Logger, openTracing, type Tracing } from '@heddle/telemetry';
import { machineOf } from '@heddle/tuning';
import { layoutOf } from './layout.js';
import { WorkerMetrics } from './metrics.js';
import { VERSION } from './version.js';

/** Everything of the worker that outlives a job and must be closed. */
export interface Resources {
  /** This worker, as leases name it. */
  workerId: string;
  config: Config;
  logger: Logger;
  store: Store;
  signals: Signals;
  artifacts: ArtifactStore;
  queue: WorkQueue;
  /** What plans hold for. */
  machine: string;
  /** Inference processes of this worker, and threads of each. */
  layout: { children: number; threads: number };
  metrics: WorkerMetrics;
  tracing: Tracing;
}
export const RESOURCES = Symbol('resources');

export async function openResources(config: Config, logger: Logger): Promise<Resources> {
  const connection: QueueConnection = config.env.HEDDLE_REDIS_URL
    ? { kind: 'redis', url: config.env.HEDDLE_REDIS_URL }
    : { kind: 'postgres', url: config.databaseUrl, poolSize: config.env.HEDDLE_QUEUE_POOL };
  const { HEDDLE_PROVIDER, HEDDLE_INFERENCE_THREADS } = config.env;
  const machine = machineOf(HEDDLE_PROVIDER, HEDDLE_INFERENCE_THREADS);
  const store = await openStore({
    url: config.databaseUrl,
    poolSize: config.env.HEDDLE_DATABASE_POOL,
    applicationName: `heddle-worker@${hostname()}`,
    onPoolError: (error) => logger.warn({ error }, 'database connection lost'),
  });
  return {
    workerId: newUuid(),
    config,
    logger,
    store,
    machine,
    metrics: new WorkerMetrics(createMetrics({ version: VERSION, commit: config.env.HEDDLE_COMMIT ?? null })),
    tracing: await openTracing({ process: 'worker', version: VERSION, logger }),
    layout: await layoutOf(config, store, machine),
    queue: await openWorkQueue(connection, (error) => logger.warn({ error }, 'queue connection lost')),
    signals: await openSignals(connection, (error) => logger.warn({ error }, 'signals are disturbed')),
    artifacts: await openUsableStore(config.artifacts, (error) =>
      logger.warn({ error }, 'the artefact store cannot be reached'),
    ),
  };
}

export async function closeResources(resources: Resources): Promise<void> {
  await resources.queue.close();
  await resources.signals.close();
  await resources.store.close();
  await resources.tracing.close();
}
