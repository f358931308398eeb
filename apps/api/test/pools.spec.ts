import { decideWorkers, type Page, type Pool } from '@heddle/contracts';
import { testBeat } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const get = async (name: string) => {
  const answer = await api.call('GET', `/v1/pools/${name}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Pool;
};

describe('GET /v1/pools', () => {
  it('knows the default pool before any worker came', async () => {
    expect(await get('default')).toEqual({
      object: 'pool',
      name: 'default',
      models: null,
      workers: 0,
      starting: 0,
      draining: 0,
      load: 0,
      work_s: 0,
      wait_s: null,
      desired_workers: 1,
      decided_at: null,
    });
  });

  it('shows the workers of a pool, and what was decided', async () => {
    const pool = { pool: 'gpu', models: ['m', 'nli'] };
    await api.store.workers.heartbeat(testBeat({ ...pool, load: 1, throughput: { [api.versionId]: 100 } }));
    await api.store.workers.heartbeat(testBeat({ ...pool, load: 0.5 }));
    await api.store.workers.heartbeat(testBeat({ ...pool, phase: 'starting' }));
    await api.store.workers.heartbeat(testBeat({ ...pool, phase: 'draining', load: 0 }));
    const policy = {
      targetWaitS: 30,
      utilization: 1,
      holdS: 300,
      idleS: 600,
      minWorkers: 0,
      maxWorkers: 100,
    };
    await api.store.pools.decide(0, async (pools) => {
      const { at, busy, workers, speeds } = pools.find(({ name }) => name === 'gpu')!;
      expect([busy, workers, speeds]).toEqual([1.5, 2, { [api.versionId]: 100 }]);
      const queues = [{ id: api.versionId, tokens: 9_000, tokensPerS: speeds[api.versionId]! }];
      return new Map([['gpu', decideWorkers(null, { at, busy, workers, queues, otherWork: false }, policy)]]);
    });
    expect(await get('gpu')).toMatchObject({
      models: ['m', 'nli'],
      workers: 2,
      starting: 1,
      draining: 1,
      load: 0.5,
      work_s: 90,
      wait_s: 45,
      // 90 s of work in 30, and one and a half worker's worth that arrives.
      desired_workers: 5,
      decided_at: expect.stringMatching(/Z$/),
    });
    const page = (await api.call('GET', '/v1/pools')).body as Page<Pool>;
    expect(page.data.map(({ name }) => name)).toEqual(['default', 'gpu']);
    expect(page.next_cursor).toBeNull();
  });

  it('is decided about by one at a time, and not again at once', async () => {
    const decided: string[][] = [];
    const note = (names: string[]) => {
      decided.push(names);
      return new Map();
    };
    await api.database.query('UPDATE pools SET decided_at = NULL');
    await api.store.pools.decide(60, async (pools) => {
      await api.store.pools.decide(60, async (others) => note(others.map(({ name }) => name)));
      return note(pools.map(({ name }) => name));
    });
    expect(decided).toEqual([['default', 'gpu']]);
    await api.database.query("UPDATE pools SET decided_at = now() WHERE name = 'gpu'");
    await api.store.pools.decide(60, async (pools) => note(pools.map(({ name }) => name)));
    expect(decided).toEqual([['default', 'gpu'], ['default']]);
  });

  it('takes what its workers serve from the one that told last, and keeps it without any', async () => {
    const beat = testBeat({ pool: 'small', models: ['topic'] });
    await api.store.workers.heartbeat(beat);
    await api.store.workers.heartbeat({ ...beat, models: null });
    expect((await get('small')).models).toBeNull();
    await api.store.workers.heartbeat({ ...beat, models: ['ner'] });
    await api.store.workers.remove(beat.id);
    expect(await get('small')).toMatchObject({ models: ['ner'], workers: 0 });
  });

  it.each(['none', 'No', '-', '%00', 'a'.repeat(64)])('finds no pool %s', async (name) => {
    const answer = await api.call('GET', `/v1/pools/${name}`);
    expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found']);
  });

  it.each(['', '/default'])('is for operators, without parameters: /v1/pools%s', async (path) => {
    const key = await api.keyWith(['infer', 'read', 'manage']);
    const answer = await api.call('GET', `/v1/pools${path}`, { key });
    expect([answer.status, problemIn(answer)]).toMatchObject([403, { required_scope: 'operate' }]);
    expect((await api.call('GET', `/v1/pools${path}`, { key: null })).status).toBe(401);
    const filtered = await api.call('GET', `/v1/pools${path}?model=m`);
    expect([filtered.status, problemIn(filtered).code]).toEqual([400, 'invalid-query']);
  });
});
