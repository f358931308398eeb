import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid } from '@heddle/contracts';
import {
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startTestPostgres,
  type TestRedisGroup,
  waitFor,
} from '@heddle/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWorkQueue } from './consumer.js';
import { openDispatchQueue } from './dispatch-queue.js';
import {
  type ConsumerOptions,
  type DispatchQueue,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
  queueId,
  type WorkQueue,
} from './queue.js';

interface Backend {
  connection: QueueConnection;
  /** What an operator's mistake or a lost disk does. */
  loseWindow(): Promise<void>;
  stop(): Promise<void>;
}

async function redisBackend(): Promise<Backend> {
  const server = await startRedis({ appendonly: 'yes' });
  return {
    connection: { kind: 'redis', url: server.url },
    loseWindow: async () => {
      const client = new Redis(server.url);
      await client.flushall();
      client.disconnect();
    },
    stop: server.stop,
  };
}

const groupBackend = (start: () => Promise<TestRedisGroup>) => async (): Promise<Backend> => {
  const group = await start();
  return {
    connection: { kind: 'redis', url: group.url },
    loseWindow: async () => {
      const client = new Redis((await group.master()).url);
      await client.flushall();
      client.disconnect();
    },
    stop: group.stop,
  };
};

async function postgresBackend(): Promise<Backend> {
  const server = await startTestPostgres();
  return {
    connection: { kind: 'postgres', url: server.url },
    loseWindow: async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('TRUNCATE bullmq.meta, bullmq.job, bullmq.event CASCADE');
      await client.end();
    },
    stop: server.stop,
  };
}

const entryOf = (epoch = 1): QueueEntry => ({ id: newUuid(), epoch });
const entries = (count: number): QueueEntry[] => Array.from({ length: count }, () => entryOf());

describe.each([
  ['redis', redisBackend],
  ['redis behind a sentinel', groupBackend(startRedisSentinel)],
  ['a redis cluster', groupBackend(startRedisCluster)],
  ['postgres', postgresBackend],
])('dispatch window on %s', (_name, startBackend) => {
  let backend: Backend;
  let queue: DispatchQueue;
  let work: WorkQueue;
  let version: string;
  let consumers: QueueConsumer[];
  let handled: string[];
  let errors: Error[];

  beforeAll(async () => {
    backend = await startBackend();
    queue = await openDispatchQueue(backend.connection);
    work = await openWorkQueue(backend.connection);
  });
  afterAll(async () => {
    await work.close();
    await queue.close();
    await backend.stop();
  });
  beforeEach(() => {
    version = newUuid();
    consumers = [];
    handled = [];
    errors = [];
  });
  afterEach(async () => {
    for (const consumer of consumers) await consumer.close();
  });

  async function consume(options: Partial<ConsumerOptions> = {}): Promise<QueueConsumer> {
    const consumer = await work.consume({
      version,
      concurrency: 4,
      handler: async (entry) => {
        handled.push(queueId(entry));
      },
      onError: (error) => errors.push(error),
      ...options,
    });
    consumers.push(consumer);
    return consumer;
  }

  const isEmpty = async () => {
    const { waiting, active } = await queue.depth(version);
    return waiting + active === 0;
  };

  it('hands every entry to the handler once, in order', async () => {
    const batch = entries(50);
    await queue.add(version, batch);
    await consume({ concurrency: 1 });
    await waitFor(isEmpty);
    expect(handled).toEqual(batch.map(queueId));
  });

  it('hands over the trace of an entry that has one', async () => {
    const [traced, other] = [
      { ...entryOf(), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
      entryOf(),
    ];
    const got: QueueEntry[] = [];
    await queue.add(version, [traced, other]);
    await consume({ concurrency: 1, handler: async (entry) => void got.push(entry) });
    await waitFor(isEmpty);
    expect(got).toEqual([traced, other]);
  });

  it('keeps the versions apart', async () => {
    const [mine, other] = [entryOf(), entryOf()];
    const otherVersion = newUuid();
    await queue.add(otherVersion, [other]);
    await queue.add(version, [mine]);
    await consume();
    await waitFor(isEmpty);
    expect(handled).toEqual([queueId(mine)]);
    expect(await queue.depth(otherVersion)).toEqual({ waiting: 1, active: 0 });
  });

  it('drops an entry that is added again while it waits', async () => {
    const entry = entryOf();
    await queue.add(version, [entry, entry]);
    await queue.add(version, [entry]);
    expect(await queue.depth(version)).toEqual({ waiting: 1, active: 0 });
    await consume();
    await waitFor(isEmpty);
    expect(handled).toEqual([queueId(entry)]);
  });

  it('takes an entry again after it was handled, and its next epoch while it waits', async () => {
    const entry = entryOf();
    await queue.add(version, [entry]);
    await consume();
    await waitFor(isEmpty);
    await queue.add(version, [entry, { ...entry, epoch: 2 }]);
    await waitFor(() => handled.length === 3);
    expect(handled.slice(1).sort()).toEqual([`${entry.id}_1`, `${entry.id}_2`]);
  });

  it('acknowledges an entry whose handler rejects, and reports the error', async () => {
    const entry = entryOf();
    await queue.add(version, [entry]);
    const failed: unknown[] = [];
    await consume({
      handler: () => Promise.reject(new Error('no such luck')),
      onError: (error, which) => {
        errors.push(error);
        failed.push(which);
      },
    });
    await waitFor(() => errors.length > 0);
    await waitFor(isEmpty);
    expect(errors.map((error) => error.message)).toEqual(['no such luck']);
    expect(failed).toEqual([entry]);
    expect(await queue.known(version, [entry])).toEqual(new Set());
  });

  it('knows what waits and what is being handled, and nothing else', async () => {
    const [active, waiting, unknown] = [entryOf(), entryOf(), entryOf()];
    let finish = () => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await queue.add(version, [active, waiting]);
    await consume({ concurrency: 1, handler: () => gate });
    await waitFor(async () => (await queue.depth(version)).active === 1);
    expect(await queue.depth(version)).toEqual({ waiting: 1, active: 1 });
    expect(await queue.known(version, [active, waiting, unknown, { ...waiting, epoch: 2 }])).toEqual(
      new Set([queueId(active), queueId(waiting)]),
    );
    finish();
    await waitFor(isEmpty);
    expect(await queue.known(version, [active, waiting])).toEqual(new Set());
  });

  it('knows all entries, however many wait and are being handled', async () => {
    const many = entries(300);
    let finish = () => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await queue.add(version, many);
    await consume({ concurrency: 10, handler: () => gate });
    await waitFor(async () => (await queue.depth(version)).active === 10);
    expect(await queue.known(version, many)).toEqual(new Set(many.map(queueId)));
    finish();
    await waitFor(isEmpty);
  });

  it('handles what goes ahead before what waits, each in its order', async () => {
    const [first, second, third, fourth, fifth] = entries(5) as [
      QueueEntry,
      QueueEntry,
      QueueEntry,
      QueueEntry,
      QueueEntry,
    ];
    await queue.add(version, [first, { ...second, goesAhead: true }, third]);
    await queue.add(version, [{ ...fourth, goesAhead: true }]);
    await queue.add(version, [fifth]);
    expect(await queue.depth(version)).toEqual({ waiting: 5, active: 0 });
    await consume({ concurrency: 1 });
    await waitFor(isEmpty);
    expect(handled).toEqual([second, fourth, first, third, fifth].map(queueId));
  });

  it('claims nothing after a pause, and lets running handlers finish', async () => {
    let finish = () => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const finished: string[] = [];
    const paused = await consume({
      handler: async (entry) => {
        handled.push(queueId(entry));
        await gate;
        finished.push(queueId(entry));
      },
    });
    const first = entryOf();
    await queue.add(version, [first]);
    await waitFor(() => handled.length === 1);
    await paused.pause();
    const late = entries(3);
    await queue.add(version, late);
    // Long enough for the blocking read that was under way to bring an entry and for that to be given back.
    await sleep(1000);
    expect(handled).toEqual([queueId(first)]);
    finish();
    await paused.close();
    expect(finished).toEqual([queueId(first)]);
    expect(await queue.depth(version)).toEqual({ waiting: 3, active: 0 });
    await consume();
    await waitFor(isEmpty);
    expect(handled.slice(1).sort()).toEqual(late.map(queueId).sort());
  });

  it('claims nothing after a pause while idle', async () => {
    const idle = await consume();
    await sleep(300);
    await idle.pause();
    const entry = entryOf();
    await queue.add(version, [entry]);
    await waitFor(async () => (await queue.depth(version)).waiting === 1);
    await sleep(500);
    expect(handled).toEqual([]);
    expect(await queue.depth(version)).toEqual({ waiting: 1, active: 0 });
  });

  it('waits for running handlers on close', async () => {
    const finished: string[] = [];
    const consumer = await consume({
      handler: async (entry) => {
        handled.push(queueId(entry));
        await sleep(500);
        finished.push(queueId(entry));
      },
    });
    await queue.add(version, entries(1));
    await waitFor(() => handled.length === 1);
    await consumer.close();
    expect(finished).toEqual(handled);
    expect(await isEmpty()).toBe(true);
  });

  it('gives an entry of a killed consumer to another', async () => {
    const script = `
      import { openWorkQueue } from '@heddle/queue';
      const [connection, version] = process.argv.slice(1);
      const work = await openWorkQueue(JSON.parse(connection));
      await work.consume({
        version, concurrency: 1, lockDurationMs: 1000, onError: console.error,
        handler: async () => { console.log('handling'); await new Promise((resolve) => setTimeout(resolve, 1e6)); },
      });`;
    const entry = entryOf();
    await queue.add(version, [entry]);
    const victim = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, JSON.stringify(backend.connection), version],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(victim.stdout, 'data');
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    expect(await queue.known(version, [entry])).toEqual(new Set([queueId(entry)]));
    await consume();
    await waitFor(() => handled.length === 1, { timeoutMs: 20_000 });
    expect(handled).toEqual([queueId(entry)]);
  });

  it('forgets the generation together with the window', async () => {
    expect(await queue.generation()).toBeNull();
    await queue.setGeneration('first');
    expect(await queue.generation()).toBe('first');
    const entry = entryOf();
    await queue.add(version, [entry]);
    await backend.loseWindow();
    expect(await queue.generation()).toBeNull();
    expect(await queue.known(version, [entry])).toEqual(new Set());
    await queue.add(version, [entry]);
    await consume();
    await waitFor(isEmpty);
    expect(handled).toEqual([queueId(entry)]);
  });
});
