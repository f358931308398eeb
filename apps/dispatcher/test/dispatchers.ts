import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { newUuid, type Signals } from '@heddle/contracts';
import {
  openSignals,
  openWorkQueue,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
  type WorkQueue,
} from '@heddle/queue';
import { LIBRARY_TENANT, type NewJob, openStore, type Store } from '@heddle/store';
import {
  createMigratedDatabase,
  messageOf,
  startRedis,
  type TestDatabase,
  type TestRedis,
} from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { ANSWER, newVersion, submitJob } from './jobs.js';

export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Both homes of the dispatch window. */
export const BACKENDS = ['redis', 'postgres'] as const;
const worker = { id: newUuid(), leaseMs: 60_000 };
const ignore = () => undefined;

export interface DispatcherBench {
  database: TestDatabase;
  /** Undefined where the window is in Postgres. */
  redis: TestRedis | undefined;
  store: Store;
  signals: Signals;
  tenantId: string;
  /** The tenant of the models. */
  library: string;
  /** Another for every spec. */
  versionId: string;
  /** Those of the spec that run, to be closed at its end. */
  consumers: QueueConsumer[];
  startDispatcher(env?: Record<string, string>): Promise<ChildProcess>;
  stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void>;
  /** Handles what is dispatched of the version, as a worker would. */
  consume(handler: (entry: QueueEntry) => Promise<void>): Promise<void>;
  /** Ends every entry's job as a worker would; records the jobs that were claimed. */
  finishing(claimed: string[]): (entry: QueueEntry) => Promise<void>;
  /** How many jobs of the version are. */
  inWindow(): Promise<number>;
  submit(overrides?: Partial<NewJob>): Promise<{ id: string }>;
  submitMany(count: number): Promise<string[]>;
}

/** A database, a queue, and dispatchers as processes of their own, which end with each spec. */
export function useDispatchers(backend: (typeof BACKENDS)[number]): DispatcherBench {
  let work: WorkQueue;
  let dispatchers: ChildProcess[] = [];
  const bench: DispatcherBench = {
    database: undefined as never,
    redis: undefined,
    store: undefined as never,
    signals: undefined as never,
    tenantId: '',
    library: '',
    versionId: '',
    consumers: [],
    startDispatcher: async (env = {}) => {
      const { database, redis } = bench;
      const child = fork(MAIN, {
        env: {
          PATH: process.env.PATH,
          HEDDLE_DATABASE_URL: database.url,
          HEDDLE_LOG_LEVEL: 'error',
          HEDDLE_RECONCILE_INTERVAL_MS: '500',
          ...(redis ? { HEDDLE_REDIS_URL: redis.url } : {}),
          ...env,
        },
      });
      dispatchers.push(child);
      await messageOf(child, 'ready');
      return child;
    },
    stop,
    consume: async (handler) => {
      const options = { version: bench.versionId, concurrency: 50, handler, onError: ignore };
      bench.consumers.push(await work.consume(options));
    },
    finishing: (claimed) => async (entry) => {
      const [job] = await bench.store.jobs.claim([entry], worker);
      if (!job) return;
      claimed.push(job.id);
      await bench.store.jobs.finish([{ ...ANSWER, id: job.id, attempt: job.attempt }], worker.id);
    },
    inWindow: async () =>
      (await bench.store.jobs.windowOf(bench.versionId)).reduce((sum, flow) => sum + flow.jobs, 0),
    submit: (overrides = {}) =>
      submitJob(bench.store, { tenantId: bench.tenantId, versionId: bench.versionId, ...overrides }),
    submitMany: async (count) => {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) ids.push((await bench.submit()).id);
      return ids;
    },
  };

  beforeAll(async () => {
    bench.database = await createMigratedDatabase();
    bench.redis = backend === 'redis' ? await startRedis() : undefined;
    const connection: QueueConnection = bench.redis
      ? { kind: 'redis', url: bench.redis.url }
      : { kind: 'postgres', url: bench.database.url };
    const options = { url: bench.database.url, applicationName: 'spec', onPoolError: ignore };
    bench.store = await openStore(options);
    bench.tenantId = (await bench.store.tenants.ensure('acme', 'Acme')).id;
    bench.library = (await bench.store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
    work = await openWorkQueue(connection);
    bench.signals = await openSignals(connection);
  });
  afterAll(async () => {
    await work.close();
    await bench.signals.close();
    await bench.store.close();
    await bench.redis?.stop();
    await bench.database.drop();
  });
  beforeEach(async () => {
    bench.versionId = await newVersion(bench.store, bench.library);
  });
  afterEach(async () => {
    for (const dispatcher of dispatchers) await stop(dispatcher, 'SIGTERM');
    await Promise.all(bench.consumers.map((consumer) => consumer.close()));
    dispatchers = [];
    bench.consumers = [];
  });
  return bench;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
