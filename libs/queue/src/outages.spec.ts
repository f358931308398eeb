import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid } from '@heddle/contracts';
import {
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startTestPostgres,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWorkQueue } from './consumer.js';
import { openDispatchQueue } from './dispatch-queue.js';
import {
  type DispatchQueue,
  type QueueConnection,
  type QueueConsumer,
  queueId,
  type WorkQueue,
} from './queue.js';
import { openSignals } from './signals.js';

interface Server {
  url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const DOWN_MS = 3_000;
/** reliability: consuming again within 10 s of the backend's return. */
const RECOVERY_MS = 10_000;

// Beside each other: they mostly wait, and share nothing.
describe.concurrent.each<[string, QueueConnection['kind'], () => Promise<Server>]>([
  ['redis', 'redis', startRedis],
  ['redis behind a sentinel', 'redis', startRedisSentinel],
  ['a redis cluster', 'redis', startRedisCluster],
  ['postgres', 'postgres', startTestPostgres],
])('outages of %s', (_name, kind, startServer) => {
  let backend: Server;
  let connection: QueueConnection;
  let queue: DispatchQueue;
  let work: WorkQueue;
  let version: string;
  let handled: string[];

  beforeAll(async () => {
    backend = await startServer();
    connection = { kind, url: backend.url };
    queue = await openDispatchQueue(connection);
    work = await openWorkQueue(connection);
  });
  afterAll(async () => {
    await work.close();
    await queue.close();
    await backend.stop();
  });
  beforeEach(() => {
    version = newUuid();
    handled = [];
  });

  const consume = (): Promise<QueueConsumer> =>
    work.consume({
      version,
      concurrency: 4,
      handler: async (entry) => {
        handled.push(queueId(entry));
      },
      // Outages are reported again and again; what counts here is that they end, and blame no entry.
      onError: (_error, entry) => expect(entry).toBeUndefined(),
    });

  it.sequential('fails fast while the backend is away, and goes on by itself afterwards', async () => {
    const consumer = await consume();
    await queue.add(version, [{ id: newUuid(), epoch: 1 }]);
    await waitFor(() => handled.length === 1);
    await backend.kill();
    const killedAt = Date.now();
    const away = { code: 'overloaded' };
    await expect(queue.add(version, [{ id: newUuid(), epoch: 1 }])).rejects.toMatchObject(away);
    await expect(queue.generation()).rejects.toMatchObject(away);
    await expect(queue.known(version, [])).rejects.toMatchObject(away);
    expect(Date.now() - killedAt).toBeLessThan(3_000);
    await sleep(DOWN_MS);
    await backend.restart();
    const entry = { id: newUuid(), epoch: 1 };
    await waitFor(
      () =>
        queue.add(version, [entry]).then(
          () => true,
          () => false,
        ),
      { timeoutMs: RECOVERY_MS },
    );
    await waitFor(() => handled.includes(queueId(entry)), { timeoutMs: RECOVERY_MS });
    await consumer.close();
  });

  it.sequential('closes a consumer while the backend is away', async () => {
    const consumer = await consume();
    await backend.kill();
    await sleep(500);
    const startedAt = Date.now();
    await consumer.close();
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    await backend.restart();
    await waitFor(() => queue.depth(version).catch(() => null));
  });

  it.sequential('refuses to open while the backend is away', async () => {
    await backend.kill();
    await expect(openDispatchQueue(connection)).rejects.toThrow();
    await expect(consume()).rejects.toThrow();
    await expect(openSignals(connection)).rejects.toThrow();
    await backend.restart();
    await waitFor(() => queue.depth(version).catch(() => null));
  });
});

describe('a Redis that takes connections and answers nothing', () => {
  it.each([1, 4, 50])('fails an add of %i entries before the lock timeout of the store', async (count) => {
    const server = await startRedis();
    const queue = await openDispatchQueue({ kind: 'redis', url: server.url });
    const version = newUuid();
    await queue.add(version, [{ id: newUuid(), epoch: 1 }]);
    await server.kill('SIGSTOP');
    const startedAt = performance.now();
    const entries = Array.from({ length: count }, () => ({ id: newUuid(), epoch: 1 }));
    await expect(queue.add(version, entries)).rejects.toMatchObject({ code: 'overloaded' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await server.kill('SIGCONT');
    await queue.close();
    await server.stop();
  });
});

describe('opening', () => {
  it('refuses a Redis that evicts keys', async () => {
    const server = await startRedis({ 'maxmemory-policy': 'allkeys-lru' });
    const connection: QueueConnection = { kind: 'redis', url: server.url };
    await expect(openDispatchQueue(connection)).rejects.toMatchObject({
      code: 'redis-evicts-keys',
      message: expect.stringContaining('Set maxmemory-policy noeviction.'),
    });
    const work = await openWorkQueue(connection);
    const consumer = work.consume({
      version: newUuid(),
      concurrency: 1,
      handler: async () => {},
      onError: () => {},
    });
    await expect(consumer).rejects.toThrow(/maxmemory-policy noeviction/);
    await server.stop();
  });

  it('creates the tables once when many processes start together', async () => {
    const server = await startTestPostgres();
    const connection: QueueConnection = { kind: 'postgres', url: server.url };
    const queues = await Promise.all(Array.from({ length: 6 }, () => openDispatchQueue(connection)));
    await queues[0]!.setGeneration('seen by all');
    expect(await Promise.all(queues.map((queue) => queue.generation()))).toEqual(
      Array(6).fill('seen by all'),
    );
    for (const queue of queues) await queue.close();
    await server.stop();
  });
});
