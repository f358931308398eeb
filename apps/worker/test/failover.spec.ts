import type { Job } from '@heddle/contracts';
import {
  startHeddle,
  startRedisCluster,
  startRedisSentinel,
  TestClient,
  type TestHeddle,
  type TestRedisGroup,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const JOBS = 300;
/** reliability: everything heals within 60 s. */
const HEALING_MS = 60_000;

describe.each<[string, () => Promise<TestRedisGroup>]>([
  ['Sentinel', startRedisSentinel],
  ['Cluster', startRedisCluster],
])('the master of a Redis %s is killed', (_name, start) => {
  let group: TestRedisGroup;
  let heddle: TestHeddle;
  let client: TestClient;
  beforeAll(async () => {
    group = await start();
    const env = { HEDDLE_INFERENCE_CHILDREN: '1' };
    heddle = await startHeddle({ env, redisUrl: group.url });
    client = new TestClient(heddle.url, heddle.key);
  });
  afterAll(async () => {
    await heddle.stop();
    await group.stop();
  });

  it('every job ends, and no process does', { timeout: 180_000 }, async () => {
    expect((await client.run({ model: 'sentiment', inputs: ['before'] })).status).toBe('succeeded');
    const before = (await group.master()).port;
    const submit = (from: number) =>
      Promise.all(
        Array.from({ length: JOBS }, (_, i) =>
          client.submit({ model: 'sentiment', inputs: [`film ${from + i}`] }),
        ),
      );
    const [early] = await Promise.all([submit(0), group.failOver()]);
    const late = await submit(JOBS);
    expect((await group.master()).port).not.toBe(before);
    const hasEnded = async () => {
      const [row] = await heddle.database.query<{ open: number }>(
        'SELECT count(*)::int AS open FROM jobs WHERE completed_at IS NULL',
      );
      return row!.open === 0;
    };
    await waitFor(hasEnded, { timeoutMs: HEALING_MS });
    const ids = new Set([...early, ...late].map(({ id }) => id));
    expect(ids.size).toBe(2 * JOBS);
    for (const id of ids) expect(((await client.get(id)) as Job).status).toBe('succeeded');
    for (const name of ['api', 'dispatcher', 'worker'] as const)
      expect(heddle.process(name).exitCode).toBeNull();
    expect((await client.run({ model: 'topic', inputs: ['after'] })).status).toBe('succeeded');
  });
});
