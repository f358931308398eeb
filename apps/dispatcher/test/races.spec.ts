import 'reflect-metadata';
import { loadConfig } from '@heddle/config';
import { newUuid } from '@heddle/contracts';
import {
  openDispatchQueue,
  openSignals,
  openWorkQueue,
  type QueueConnection,
  type QueueEntry,
} from '@heddle/queue';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import { createLogger, createMetrics, NO_TRACING } from '@heddle/telemetry';
import {
  createMigratedDatabase,
  startRedis,
  type TestDatabase,
  type TestRedis,
  waitFor,
} from '@heddle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DispatchService } from '../src/dispatch/dispatch.service.js';
import { EndedJobs } from '../src/metrics/ended-jobs.js';
import { OutboxLag } from '../src/metrics/outbox-lag.js';
import { ReconcileService } from '../src/reconcile/reconcile.service.js';
import type { Resources } from '../src/resources.js';
import { ANSWER, newVersion, submitJob } from './jobs.js';

/** A failing order is printed with the seed and path that repeat its choices. */
const RUNS = Number(process.env.HEDDLE_MODEL_RUNS ?? 10);
const SEED = Number(process.env.HEDDLE_MODEL_SEED ?? 1);
const JOBS = 12;
const LEASE_MS = 50;

let database: TestDatabase;
let redis: TestRedis;
let store: Store;
let tenantId: string;
let library: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  redis = await startRedis();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
});
afterAll(async () => {
  await store.close();
  await redis.stop();
  await database.drop();
});

/** `target`, each of whose methods waits for its turn before it runs. */
function inTurn<Target extends object>(target: Target, turn: (name: string) => Promise<unknown>): Target {
  return new Proxy(target, {
    get: (object, name) => {
      const member = Reflect.get(object, name) as unknown;
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await turn(String(name));
        return Reflect.apply(member, object, args) as unknown;
      };
    },
  });
}

it('two dispatchers, two reconcilers, workers and a queue that is lost lead every job to one end, in any order', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 0, max: 30 }), async (scheduler, lostAfter) => {
      // What runs has no place in the order, only when it begins: a claim may wait for a dispatch that is not committed.
      const turn = (name: string) => scheduler.schedule(Promise.resolve(), name);
      const { services, close } = await start(turn);
      const version = await newVersion(store, library);
      const submitted = Array.from({ length: JOBS }, () =>
        submitJob(store, { tenantId, versionId: version }),
      );
      const ids = (await Promise.all(submitted)).map(({ id }) => id);
      const stored = new Map<string, number>();
      let taken = 0;
      /** Two workers at once, which forget every third job. */
      const handler = async (entry: QueueEntry) => {
        const workerId = newUuid();
        await turn('claim');
        const [job] = await store.jobs.claim([entry], { id: workerId, leaseMs: LEASE_MS });
        if (!job || ++taken % 3 === 0) return;
        await turn('finish');
        const held = { id: job.id, attempt: job.attempt, ...ANSWER };
        for (const id of await store.jobs.finish([held], workerId)) {
          stored.set(id, (stored.get(id) ?? 0) + 1);
        }
      };
      const work = await openWorkQueue({ kind: 'redis', url: redis.url });
      const consumer = await work.consume({ version, concurrency: 4, handler, onError: () => undefined });
      const loseQueue = async () => {
        for (let i = 0; i < lostAfter; i++) await turn('wait');
        await redis.restart();
      };
      for (const service of services) await scheduler.waitFor(service.start());
      const losing = loseQueue();
      const ended = waitFor(async () => (await store.jobs.endedAmong(ids)).length === ids.length, {
        timeoutMs: 60_000,
      });
      await scheduler.waitFor(ended);
      const stopping = [losing, consumer.close(), ...services.map((service) => service.stop())];
      await scheduler.waitFor(Promise.all(stopping));
      await Promise.all([work.close(), close()]);
      for (const id of ids) {
        const job = (await store.jobs.find(tenantId, id, { inputs: false, results: true }))!;
        expect(['succeeded', 'failed']).toContain(job.state);
        // One that was forgotten five times fails.
        expect(stored.get(id) ?? 0, id).toBe(job.state === 'succeeded' ? 1 : 0);
        expect(job.results !== null).toBe(job.state === 'succeeded');
      }
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
});

/** Two of each service, as two processes of the dispatcher have them. */
async function start(turn: (name: string) => Promise<unknown>) {
  const connection: QueueConnection = { kind: 'redis', url: redis.url };
  const queue = await openDispatchQueue(connection, () => undefined);
  const signals = await openSignals(connection, () => undefined);
  const config = loadConfig({
    HEDDLE_DATABASE_URL: database.url,
    HEDDLE_REDIS_URL: redis.url,
    HEDDLE_DISPATCH_POLL_MS: '10',
    HEDDLE_RECONCILE_INTERVAL_MS: '100',
  });
  const logger = createLogger({ process: 'dispatcher', level: 'error', pretty: false });
  const jobs = inTurn(store.jobs, turn);
  const ordered = new Proxy(store, {
    get: (object, name) => (name === 'jobs' ? jobs : Reflect.get(object, name)),
  });
  const metrics = createMetrics({ version: '0.0.0', commit: null });
  // None of the services knows of files.
  const resources = {
    ...{ config, logger, store: ordered, queue: inTurn(queue, turn), signals },
    ...{ metrics, endedJobs: new EndedJobs(metrics), outboxLag: new OutboxLag(metrics) },
    tracing: NO_TRACING,
  } as Partial<Resources> as Resources;
  const services = [0, 1].flatMap(() => [new ReconcileService(resources), new DispatchService(resources)]);
  return {
    services,
    close: async () => {
      await queue.close();
      await signals.close();
    },
  };
}
