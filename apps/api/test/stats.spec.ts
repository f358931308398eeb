import { type Job, STATS_RANGE_NAMES, type Stats, type StatsRange } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, finishJob, problemIn, startApi, type TestApi } from './api.js';

const MINUTE_MS = 60_000;

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.database.query(`UPDATE stats_progress SET counted_until = date_trunc('minute', now())`);
  const submit = async (key: string) =>
    ((await api.call('POST', '/v1/jobs', { key, body: { model: 'm', inputs: ['x'] } })).body as Job).id;
  for (let i = 0; i < 3; i++) {
    const id = await submit(api.key);
    await finishJob(api, id, await claimJob(api, id));
  }
  await api.call('POST', `/v1/jobs/${await submit(api.key)}/cancel`);
  const strangers = await submit(api.strangerKey);
  await finishJob(api, strangers, await claimJob(api, strangers));
  await submit(api.strangerKey);
  // As a dispatcher would, a minute later and more.
  while (await api.store.stats.count(new Date(Date.now() + 2 * MINUTE_MS)));
});
afterAll(() => api.stop());

const read = async (query: string, key = api.key) => {
  const answer = await api.call('GET', `/v1/stats${query}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Stats;
};

describe('GET /v1/stats', () => {
  it('tells a tenant what was done for it', async () => {
    const own = await read('?range=15m');
    expect(own).toMatchObject({ object: 'stats', range: '15m', tenants: 'own', step_s: 60 });
    expect(own.total).toMatchObject({
      jobs: { succeeded: 3, failed: 0, canceled: 1, expired: 0 },
      items: { succeeded: 3, failed: 0 },
      tokens: 9,
      padded_tokens: 9,
      error_share: 0,
      padding_share: 0,
      queued: 0,
      workers: 0,
    });
    const { wait_ms: wait, duration_ms: duration } = own.total;
    expect(duration!.p50).toBeGreaterThanOrEqual(wait!.p50);
    expect(duration!.p99).toBeGreaterThanOrEqual(duration!.p50);
  });

  it('tells of another tenant nothing, and an operator of all together', async () => {
    const strangers = await read('?range=1h', api.strangerKey);
    expect(strangers.total).toMatchObject({ jobs: { succeeded: 1, canceled: 0 }, queued: 1 });
    expect(strangers.total.queued_tokens).toBeGreaterThan(0);
    expect(strangers.total.oldest_age_s).toBeGreaterThan(0);
    const all = await read('?range=1h&tenants=all');
    expect(all.total).toMatchObject({ jobs: { succeeded: 4, canceled: 1 }, queued: 1, tokens: 12 });
    const refused = await api.call('GET', '/v1/stats?tenants=all', { key: api.strangerKey });
    expect(problemIn(refused)).toMatchObject({ code: 'forbidden', required_scope: 'operate' });
    expect((await api.call('GET', '/v1/stats', { key: await api.keyWith(['infer']) })).status).toBe(403);
  });

  it.each(STATS_RANGE_NAMES)(
    'has even steps without gaps over %s, which sum up to the total',
    async (range: StatsRange) => {
      const { points, step_s: stepS, since, until, total } = await read(`?range=${range}`);
      expect(points.length).toBeGreaterThanOrEqual(15);
      expect(points.length).toBeLessThanOrEqual(122);
      expect(points[0]!.at).toBe(since);
      for (const [i, point] of points.entries())
        expect(Date.parse(point.at)).toBe(Date.parse(since) + i * stepS * 1000);
      expect(Date.parse(until) - Date.parse(points.at(-1)!.at)).toBeLessThanOrEqual(stepS * 1000);
      expect(points.reduce((sum, { jobs }) => sum + jobs.succeeded, 0)).toBe(3);
      expect(total.jobs.succeeded).toBe(3);
    },
  );

  it.each(['?range=2h', '?range=', '?tenants=acme', '?from=2026-01-01', '?range=1h&range=6h'])(
    'refuses %s',
    async (query) => {
      expect(problemIn(await api.call('GET', `/v1/stats${query}`)).code).toBe('invalid-query');
    },
  );

  it('relies on the policy', async () => {
    await api.database.query('ALTER POLICY own ON stats USING (false)');
    const none = await read('', api.strangerKey);
    await api.database.query('ALTER POLICY own ON stats USING (tenant_id = current_tenant())');
    expect(none.total.jobs.succeeded).toBe(0);
    expect((await read('', api.strangerKey)).total.jobs.succeeded).toBe(1);
  });
});
