import { newUuid } from '@heddle/contracts';
import { createTestDatabase, type TestDatabase, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorkQueue } from './consumer.js';
import { openDispatchQueue } from './dispatch-queue.js';
import {
  type DispatchQueue,
  type QueueConnection,
  type QueueConsumer,
  queueId,
  type WorkQueue,
} from './queue.js';

const VERSIONS = 40;
const ENTRIES = 6;
const POOL_SIZE = 3;
const SESSIONS = `SELECT pid, query FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'heddle-queue'`;

let database: TestDatabase;
let queue: DispatchQueue;
let work: WorkQueue;
let consumers: QueueConsumer[];
const versions = Array.from({ length: VERSIONS }, () => newUuid());
const handled = new Set<string>();
const warnings: Error[] = [];
const remember = (warning: Error) => void warnings.push(warning);
let mostSessions = 0;

beforeAll(async () => {
  process.on('warning', remember);
  database = await createTestDatabase();
  const connection: QueueConnection = { kind: 'postgres', url: database.url, poolSize: POOL_SIZE };
  queue = await openDispatchQueue(connection);
  work = await openWorkQueue(connection);
  consumers = await Promise.all(
    versions.map((version) =>
      work.consume({
        version,
        concurrency: 8,
        handler: async (entry) => void handled.add(queueId(entry)),
        onError: () => {},
      }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.close()));
  await work.close();
  await queue.close();
  const left = await database.query(SESSIONS);
  await database.drop();
  process.off('warning', remember);
  expect(left).toEqual([]);
});

/** Adds entries for every version and waits until all are handled, counting connections meanwhile. */
async function addAndAwait(): Promise<void> {
  const added = versions.map((version) => ({
    version,
    entries: Array.from({ length: ENTRIES }, () => ({ id: newUuid(), epoch: 1 })),
  }));
  for (const { version, entries } of added) await queue.add(version, entries);
  const ids = added.flatMap(({ entries }) => entries.map(queueId));
  await waitFor(
    async () => {
      mostSessions = Math.max(mostSessions, (await database.query(SESSIONS)).length);
      return ids.every((id) => handled.has(id));
    },
    { timeoutMs: 20_000 },
  );
}

const listening = async () =>
  (await database.query<{ pid: number; query: string }>(SESSIONS))
    .filter(({ query }) => /^\s*LISTEN/im.test(query))
    .map(({ pid }) => pid);

it('serves forty versions over the connections of one pool, of which one listens', async () => {
  await addAndAwait();
  expect(await listening()).toHaveLength(1);
  // The dispatcher's side and the worker's.
  expect(mostSessions).toBeLessThanOrEqual(2 * POOL_SIZE);
  expect(warnings).toEqual([]);
});

it('listens again for all of them when the connection that listened is lost', async () => {
  const before = await listening();
  await database.query(`SELECT pg_terminate_backend(pid) FROM (${SESSIONS}) AS s`);
  await waitFor(async () => {
    const now = await listening();
    return now.length === 1 && now[0] !== before[0];
  });
  await addAndAwait();
  expect(mostSessions).toBeLessThanOrEqual(2 * POOL_SIZE);
});
