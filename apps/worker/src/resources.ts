import { hostname } from 'node:os';
import { type ArtifactStore, openFolderStore } from '@heddle/artifacts';
import type { Config } from '@heddle/config';
import { newUuid, type Signals } from '@heddle/contracts';
import { openSignals, type QueueConnection } from '@heddle/queue';
import { openStore, type Store } from '@heddle/store';
import type { Logger } from '@heddle/telemetry';

/** Everything of the worker that outlives a job and must be closed. */
export interface Resources {
  /** This worker, as leases name it. */
  workerId: string;
  config: Config;
  logger: Logger;
  store: Store;
  signals: Signals;
  artifacts: ArtifactStore;
  queueConnection: QueueConnection;
}
export const RESOURCES = Symbol('resources');

export async function openResources(config: Config, logger: Logger): Promise<Resources> {
  const queueConnection: QueueConnection = config.env.HEDDLE_REDIS_URL
    ? { kind: 'redis', url: config.env.HEDDLE_REDIS_URL }
    : { kind: 'postgres', url: config.databaseUrl };
  return {
    workerId: newUuid(),
    config,
    logger,
    store: await openStore({
      url: config.databaseUrl,
      poolSize: config.env.HEDDLE_DATABASE_POOL,
      applicationName: `heddle-worker@${hostname()}`,
      onPoolError: (error) => logger.warn({ error }, 'database connection lost'),
    }),
    signals: await openSignals(queueConnection, (error) => logger.warn({ error }, 'signals are disturbed')),
    artifacts: openFolderStore(config.artifactsDir),
    queueConnection,
  };
}

export async function closeResources(resources: Resources): Promise<void> {
  await resources.signals.close();
  await resources.store.close();
}
