import { openStore } from '@heddle/store';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** Many seconds of work on any machine this runs on. */
const LONG = Array.from({ length: 1000 }, (_, i) => `${i} ${'good '.repeat(399)}`);
const PATIENCE = { timeoutMs: 60_000 };

describe.each(BACKENDS)('beside long jobs, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let tenant: TestClient;
  let other: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    heddle = await startHeddle(redisUrl ? { redisUrl } : {});
    tenant = new TestClient(heddle.url, heddle.key);
    const store = await openStore({
      url: heddle.database.url,
      applicationName: 'spec',
      onPoolError: () => undefined,
    });
    const { id } = await store.tenants.ensure('other', 'Other');
    other = new TestClient(heddle.url, await store.keys.create(id, 'all', ['infer']));
    await store.close();
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(() => close());

  const statusOf = async (id: string) => (await tenant.get(id)).status;

  it('nobody else waits for their end, nor does more urgent work', { timeout: 180_000 }, async () => {
    const first = await tenant.submit({ model: 'sentiment', inputs: LONG });
    const second = await tenant.submit({ model: 'sentiment', inputs: LONG });
    await waitFor(async () => (await statusOf(first.id)) === 'running', PATIENCE);
    const ended = await Promise.all([
      tenant.run({ model: 'sentiment', inputs: ['soon'], priority: 'high' }),
      ...Array.from({ length: 20 }, (_, i) => other.run({ model: 'sentiment', inputs: [`film ${i}`] })),
    ]);
    const long = [await statusOf(first.id), await statusOf(second.id)];
    // Tenants of one priority take turns, but a later job of the same tenant waits for the earlier.
    expect(long).toEqual(['running', 'queued']);
    expect(ended.map((job) => job.status)).toEqual(ended.map(() => 'succeeded'));
    for (const { id } of [first, second]) expect((await tenant.cancel(id)).status).toBe('canceled');
  });

  it('long jobs of several tenants and priorities run side by side', { timeout: 180_000 }, async () => {
    const jobs = await Promise.all([
      tenant.submit({ model: 'sentiment', inputs: LONG, priority: 'low' }),
      tenant.submit({ model: 'sentiment', inputs: LONG }),
      other.submit({ model: 'sentiment', inputs: LONG }),
    ]);
    const running = async () => {
      const [row] = await heddle.database.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM jobs WHERE state = 'running'",
      );
      return row!.count;
    };
    await waitFor(async () => (await running()) === jobs.length, PATIENCE);
    await tenant.run({ model: 'sentiment', inputs: ['soon'], priority: 'high' });
    expect(await running()).toBe(jobs.length);
    const [low, normal, others] = jobs;
    for (const { id } of [low, normal]) await tenant.cancel(id);
    await other.cancel(others.id);
  });
});
