import { newUuid } from '@heddle/contracts';
import { startRedisCluster, startRedisSentinel, type TestRedisGroup, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkQueue } from './consumer.js';
import { openDispatchQueue } from './dispatch-queue.js';
import { type DispatchQueue, type QueueConnection, queueId, type WorkQueue } from './queue.js';
import { type CountedSignals, openSignals } from './signals.js';

/** reliability: everything works again within 10 s of the backend's return, here of the other server's taking over. */
const RECOVERY_MS = 10_000;

describe.each<[string, () => Promise<TestRedisGroup>]>([
  ['sentinel', startRedisSentinel],
  ['cluster', startRedisCluster],
])('another server that takes over, by %s', (_name, start) => {
  let group: TestRedisGroup;
  let connection: QueueConnection;
  let queue: DispatchQueue;
  let work: WorkQueue;
  let signals: CountedSignals;
  const version = newUuid();
  const handled: string[] = [];
  const heard: string[] = [];

  beforeAll(async () => {
    group = await start();
    connection = { kind: 'redis', url: group.url };
    queue = await openDispatchQueue(connection);
    work = await openWorkQueue(connection);
    signals = await openSignals(connection);
    await signals.subscribe('jobs-ended', (payload) => heard.push(payload));
  });
  afterAll(async () => {
    await signals.close();
    await work.close();
    await queue.close();
    await group.stop();
  });

  it('is found by those who add, handle, and listen, and by who starts later', async () => {
    const options = {
      version,
      concurrency: 4,
      handler: async (entry: { id: string; epoch: number }) => void handled.push(queueId(entry)),
      onError: (_error: Error, entry?: unknown) => expect(entry).toBeUndefined(),
    };
    const consumer = await work.consume(options);
    await queue.setGeneration('before');
    await queue.add(version, [{ id: newUuid(), epoch: 1 }]);
    await waitFor(() => handled.length === 1);
    const before = (await group.master()).port;

    await group.failOver();
    expect((await group.master()).port).not.toBe(before);
    const entry = { id: newUuid(), epoch: 1 };
    const isAdded = () =>
      queue.add(version, [entry]).then(
        () => true,
        () => false,
      );
    await waitFor(isAdded, { timeoutMs: RECOVERY_MS });
    await waitFor(() => handled.includes(queueId(entry)), { timeoutMs: RECOVERY_MS });
    expect(await queue.generation()).toBe('before');
    const isHeard = () => {
      signals.publish('jobs-ended', 'x');
      return heard.length > 0;
    };
    await waitFor(isHeard, { timeoutMs: RECOVERY_MS });

    const late = await openDispatchQueue(connection);
    expect(await late.generation()).toBe('before');
    await late.close();
    await consumer.close();
  });
});
