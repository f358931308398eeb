import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ArtifactStore, openScratch, openUsableStore, type Scratch } from '@heddle/artifacts';
import type { Config } from '@heddle/config';
import type { QueueConnection } from '@heddle/queue';
import { openStore, type Store } from '@heddle/store';
import {
  askMetrics,
  createMetrics,
  type Logger,
  openTracing,
  type ProcessMetrics,
  type Tracing,
} from '@heddle/telemetry';
import { checkedOutCommit } from './health/commit.js';
import { ApiMetrics } from './http/metrics.js';
import { VERSION } from './version.js';

/** Seen from `apps/api/{src,dist}`. */
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** What every part of the api uses. */
export interface Resources {
  config: Config;
  logger: Logger;
  store: Store;
  /** Where signals are sent; the queue itself is the dispatcher's business. */
  signalConnection: QueueConnection;
  artifacts: ArtifactStore;
  /** Where uploads lie while they come. */
  scratch: Scratch;
  /** Signs cursors; the same in every api process. */
  cursorSecret: Buffer;
  /** Signs the tokens of event streams; likewise. */
  streamSecret: Buffer;
  /** The commit that runs, where it is known. */
  commit: string | null;
  metrics: ApiMetrics;
  /** What the processes beside this one count, where their launcher gathers it; null where each is asked by itself. */
  metricsOfOthers: (() => Promise<ProcessMetrics[]>) | null;
  tracing: Tracing;
}
export const RESOURCES = Symbol('resources');

export async function openResources(config: Config, logger: Logger): Promise<Resources> {
  const store = await openStore({
    url: config.databaseUrl,
    poolSize: config.env.HEDDLE_DATABASE_POOL,
    applicationName: `heddle-api@${hostname()}`,
    onPoolError: (error) => logger.warn({ error }, 'database connection lost'),
    refusesInSilence: true,
  });
  const commit = config.env.HEDDLE_COMMIT ?? (await checkedOutCommit(REPOSITORY));
  return {
    config,
    logger,
    store,
    signalConnection: config.env.HEDDLE_REDIS_URL
      ? { kind: 'redis', url: config.env.HEDDLE_REDIS_URL }
      : { kind: 'postgres', url: config.databaseUrl },
    artifacts: await openUsableStore(config.artifacts, (error) =>
      logger.warn({ error }, 'the artefact store cannot be reached'),
    ),
    scratch: await openScratch(join(uploadsIn(config), 'tmp')),
    cursorSecret: await store.secrets.ensure('cursor'),
    streamSecret: await store.secrets.ensure('stream-token'),
    commit,
    tracing: await openTracing({ process: 'api', version: VERSION, logger }),
    metrics: new ApiMetrics(createMetrics({ version: VERSION, commit })),
    metricsOfOthers: process.argv.includes('--all-metrics') ? () => askMetrics(process) : null,
  };
}

/** Next to the artefacts where they are in a folder, so that storing one copies nothing. */
function uploadsIn({ artifacts, dataDir }: Config): string {
  return 'folder' in artifacts ? artifacts.folder : dataDir;
}

export async function closeResources({ store, scratch, tracing }: Resources): Promise<void> {
  await store.close();
  await scratch.close();
  await tracing.close();
}
