import { newUuid } from '@heddle/contracts';
import { startRedis, startTestPostgres, waitFor } from '@heddle/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueueConnection } from './queue.js';
import { type CountedSignals, openSignals } from './signals.js';

interface Server {
  url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** reliability: everything works again within 10 s of the backend's return. */
const RECOVERY_MS = 10_000;

describe.each<[QueueConnection['kind'], () => Promise<Server>]>([
  ['redis', startRedis],
  ['postgres', startTestPostgres],
])('signals over %s', (kind, startServer) => {
  let backend: Server;
  let opened: CountedSignals[];
  const open = async () => {
    const signals = await openSignals({ kind, url: backend.url });
    opened.push(signals);
    return signals;
  };
  beforeAll(async () => {
    backend = await startServer();
  });
  afterAll(() => backend.stop());
  beforeEach(() => {
    opened = [];
  });
  afterEach(async () => {
    for (const signals of opened) await signals.close();
  });

  it('reach every subscriber of the channel, in every process, until it unsubscribes', async () => {
    const [publisher, first, second] = [await open(), await open(), await open()];
    const heard: string[] = [];
    await first.subscribe('jobs-ended', (payload) => heard.push(`first ${payload}`));
    const unsubscribe = await second.subscribe('jobs-ended', (payload) => heard.push(`second ${payload}`));
    await publisher.subscribe('jobs-ended', (payload) => heard.push(`own ${payload}`));
    await publisher.subscribe('jobs-canceled', (payload) => heard.push(`wrong ${payload}`));
    publisher.publish('jobs-ended', 'a,b');
    await waitFor(() => heard.length === 3);
    expect(heard.sort()).toEqual(['first a,b', 'own a,b', 'second a,b']);
    await unsubscribe();
    publisher.publish('jobs-ended', '');
    await waitFor(() => heard.length === 5);
    expect(heard.slice(3).sort()).toEqual(['first ', 'own ']);
  });

  it('carry any number of ids', async () => {
    const signals = await open();
    const heard = new Set<string>();
    await signals.subscribe('jobs-canceled', (payload) => {
      expect(payload.length).toBeLessThanOrEqual(7900);
      for (const id of payload.split(',')) heard.add(id);
    });
    const ids = Array.from({ length: 1000 }, () => newUuid());
    for (const id of ids.slice(0, 500)) signals.publish('jobs-canceled', id);
    signals.publish('jobs-canceled', ids.slice(500).join(','));
    await waitFor(() => heard.size === ids.length);
    expect([...heard].sort()).toEqual([...ids].sort());
  });

  it('are lost without an error while the backend is away, and heard again afterwards', async () => {
    const signals = await open();
    const heard: string[] = [];
    await signals.subscribe('jobs-submitted', (payload) => heard.push(payload));
    await backend.kill();
    signals.publish('jobs-submitted', 'lost');
    await waitFor(() => signals.failedPublishes() === 1);
    await backend.restart();
    await waitFor(
      () => {
        signals.publish('jobs-submitted', 'heard');
        return heard.includes('heard');
      },
      { timeoutMs: RECOVERY_MS },
    );
    expect(heard).not.toContain('lost');
  });
});

describe('a listening connection that no longer answers', () => {
  it('is replaced, and ended', { timeout: 60_000 }, async () => {
    const server = await startTestPostgres();
    const signals = await openSignals({ kind: 'postgres', url: server.url });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const listeners = async () => {
      const { rows } = await client.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'",
      );
      return rows.map((row) => row.pid);
    };
    const [frozen] = await listeners();
    process.kill(frozen!, 'SIGSTOP');
    await waitFor(async () => (await listeners()).some((pid) => pid !== frozen), { timeoutMs: 30_000 });
    process.kill(frozen!, 'SIGCONT');
    await waitFor(async () => !(await listeners()).includes(frozen!));
    expect(await listeners()).toHaveLength(1);
    await client.end();
    await signals.close();
    await server.stop();
  });
});
