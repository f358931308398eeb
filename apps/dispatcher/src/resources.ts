import { hostname } from 'node:os';
import { join } from 'node:path';
import { type ArtifactStore, openScratch, openUsableStore, type Scratch } from '@heddle/artifacts';
import type { Config } from '@heddle/config';
import type { Signals } from '@heddle/contracts';
import { type DispatchQueue, openDispatchQueue, openSignals, type QueueConnection } from '@heddle/queue';
import { openStore, type Store } from '@heddle/store';
import { createMetrics, type Logger, openTracing, type Registry, type Tracing } from '@heddle/telemetry';
import { addBacklogMetrics } from './metrics/backlog-metrics.js';
import { EndedJobs } from './metrics/ended-jobs.js';
import { OutboxLag } from './metrics/outbox-lag.js';
import { VERSION } from './version.js';

/** Everything of the dispatcher that outlives a request and must be closed. */
export interface Resources {
  config: Config;
  logger: Logger;
  store: Store;
  queue: DispatchQueue;
  signals: Signals;
  artifacts: ArtifactStore;
  /** Where files of batches are written. */
  scratch: Scratch;
  metrics: Registry;
  tracing: Tracing;
  endedJobs: EndedJobs;
  outboxLag: OutboxLag;
}
export const RESOURCES = Symbol('resources');

export async function openResources(config: Config, logger: Logger): Promise<Resources> {
  const connection: QueueConnection = config.env.HEDDLE_REDIS_URL
    ? { kind: 'redis', url: config.env.HEDDLE_REDIS_URL }
    : { kind: 'postgres', url: config.databaseUrl, poolSize: config.env.HEDDLE_QUEUE_POOL };
  const store = await openStore({
    url: config.databaseUrl,
    poolSize: config.env.HEDDLE_DATABASE_POOL,
    applicationName: `heddle-dispatcher@${hostname()}`,
    onPoolError: (error) => logger.warn({ error }, 'database connection lost'),
  });
  const metrics = createMetrics({ version: VERSION, commit: config.env.HEDDLE_COMMIT ?? null });
  addBacklogMetrics(metrics, store, config.scaling);
  return {
    config,
    logger,
    store,
    queue: await openDispatchQueue(connection, (error) => logger.warn({ error }, 'queue connection lost')),
    signals: await openSignals(connection, (error) => logger.warn({ error }, 'signals are disturbed')),
    artifacts: await openUsableStore(config.artifacts, (error) =>
      logger.warn({ error }, 'the artefact store cannot be reached'),
    ),
    scratch: await openScratch(join(scratchIn(config), 'tmp')),
    metrics,
    tracing: await openTracing({ process: 'dispatcher', version: VERSION, logger }),
    endedJobs: new EndedJobs(metrics),
    outboxLag: new OutboxLag(metrics),
  };
}

/** Next to the artefacts where they are in a folder, so that storing one copies nothing. */
function scratchIn({ artifacts, dataDir }: Config): string {
  return 'folder' in artifacts ? artifacts.folder : dataDir;
}

export async function closeResources(resources: Resources): Promise<void> {
  await resources.queue.close();
  await resources.signals.close();
  await resources.store.close();
  await resources.scratch.close();
  await resources.tracing.close();
}
