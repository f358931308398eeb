import { type ApiKey, type Job, newUuid, type Tenant, toPublicId } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_RATE_LIMIT_PER_MIN: '40' });
});
afterAll(() => api.stop());

type Secret = ApiKey & { secret: string };
/** A key without a limit, to administer with. */
const operator = () => api.store.keys.create(api.tenantId, 'operator', ['infer', 'manage', 'operate'], 0);
const keyWith = async (body: Record<string, unknown>, key?: string) => {
  const answer = await api.call('POST', '/v1/keys', {
    key: key ?? (await operator()),
    body: { name: 'x', scopes: ['infer'], ...body },
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as Secret;
};
const rateOf = async (key: string) =>
  ((await api.call('GET', '/v1/limits', { key })).body as { rate_limit_per_min: number | null })
    .rate_limit_per_min;
/** A change is known within a second or so; a busy machine takes longer. Asked seldom: every question counts. */
const SOON = { timeout: 15_000, interval: 500 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a key with a limit', () => {
  it('is told what it has left, on refusals too', async () => {
    const { secret } = await keyWith({ rate_limit_per_min: 100 });
    for (const [path, status, left] of [
      ['/v1/me', 200, 99],
      ['/v1/tenants', 403, 98],
      ['/v1/jobs?x=1', 400, 97],
      ['/v1/jobs/job_x', 404, 96],
    ] as const) {
      const { status: found, headers } = await api.call('GET', path, { key: secret });
      expect(found).toBe(status);
      expect(headers.get('ratelimit-policy')).toBe('"default";q=100;w=60');
      const [, r, t] = /^"default";r=(\d+);t=(\d+)$/.exec(headers.get('ratelimit')!)!;
      // A request takes little time, but not none: what was used may have come back.
      expect(Number(r)).toBeGreaterThanOrEqual(left);
      expect(Number(r)).toBeLessThan(100);
      expect(Number(t)).toBeGreaterThanOrEqual(1);
    }
    const unknown = await api.call('GET', '/v1/me', { key: null });
    expect(unknown.headers.get('ratelimit')).toBeNull();
  });

  it('is refused beyond it, and told when to come back', async () => {
    const { secret } = await keyWith({ rate_limit_per_min: 30 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => api.call('GET', '/v1/me', { key: secret })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken.length + refused.length).toBe(40);
    // Two seconds bring one back.
    expect(taken.length).toBeGreaterThanOrEqual(30);
    expect(taken.length).toBeLessThan(35);
    for (const answer of refused) {
      expect(problemIn(answer)).toMatchObject({ code: 'rate-limited', retryable: true });
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(answer.headers.get('retry-after')).toMatch(/^[12]$/);
    }
    await pause(1_000 * Number(refused[0]!.headers.get('retry-after')));
    expect((await api.call('GET', '/v1/me', { key: secret })).status).toBe(200);
    // Another key has requests of its own.
    expect((await api.call('GET', '/v1/me')).status).toBe(200);
  });

  it('is refused for its rate before its scopes', async () => {
    const { secret } = await keyWith({ rate_limit_per_min: 1 });
    expect((await api.call('GET', '/v1/tenants', { key: secret })).status).toBe(403);
    expect((await api.call('GET', '/v1/tenants', { key: secret })).status).toBe(429);
  });
});

describe('a stream token', () => {
  it('counts as its key', async () => {
    const { secret: key } = await keyWith({ rate_limit_per_min: 4 });
    const job = (await api.call('POST', '/v1/jobs', { key, body: { model: 'm', inputs: ['x'] } }))
      .body as Job;
    const { urls } = (await api.call('GET', `/v1/jobs/${job.id}?include=stream_token`, { key })).body as Job;
    const open = async () => {
      const { status, headers } = await api.call('HEAD', urls.events, { key: null });
      return [status, headers.get('ratelimit-policy'), headers.get('ratelimit')?.split(';')[1]];
    };
    const policy = '"default";q=4;w=60';
    expect([await open(), await open(), await open()]).toEqual([
      [200, policy, 'r=1'],
      [200, policy, 'r=0'],
      [429, policy, 'r=0'],
    ]);
    expect((await api.call('GET', '/v1/me', { key })).status).toBe(429);
  });

  it('has the limit of its key as it is now, and ends with it', async () => {
    const key = await operator();
    const body = { slug: 'brief', name: 'Brief', limits: { rate_limit_per_min: 100 } };
    const made = (await api.call('POST', '/v1/tenants', { key, body })).body as Tenant & { key: Secret };
    const { secret, id } = await keyWith({ scopes: ['infer', 'manage'] }, made.key.secret);
    const job = await api.store.jobs.submit({
      id: newUuid(),
      tenantId: (await api.store.tenants.findBySlug('brief'))!.id,
      versionId: api.versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: ['x'],
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 10,
      idempotency: null,
    });
    const path = `/v1/jobs/${toPublicId('job', job.id)}?include=stream_token`;
    const { urls } = (await api.call('GET', path, { key: secret })).body as Job;
    const open = async () => {
      const { status, headers } = await api.call('HEAD', urls.events, { key: null });
      return [status, headers.get('ratelimit-policy')];
    };
    const change = async (changed: Record<string, unknown>) => {
      expect((await api.call('PATCH', '/v1/tenants/brief', { key, body: changed })).status).toBe(200);
    };
    expect(await open()).toEqual([200, '"default";q=100;w=60']);
    await change({ limits: { rate_limit_per_min: 50 } });
    await expect.poll(open, SOON).toEqual([200, '"default";q=50;w=60']);
    await change({ suspended: true });
    await expect.poll(open, SOON).toEqual([403, null]);
    await change({ suspended: false });
    await expect.poll(open, SOON).toEqual([200, '"default";q=50;w=60']);
    expect((await api.call('DELETE', `/v1/keys/${id}`, { key: made.key.secret })).status).toBe(204);
    await expect.poll(open, SOON).toEqual([401, null]);
  });
});

describe('which limit holds', () => {
  it('is the key’s, else the instance’s; 0 and null are none', async () => {
    expect(await rateOf(await api.keyWith(['infer']))).toBe(40);
    const key = await keyWith({});
    expect([key.rate_limit_per_min, await rateOf(key.secret)]).toEqual([40, 40]);
    expect(await rateOf((await keyWith({ rate_limit_per_min: 7 })).secret)).toBe(7);
    for (const none of [0, null]) {
      const free = await keyWith({ rate_limit_per_min: none });
      expect([free.rate_limit_per_min, await rateOf(free.secret)]).toEqual([null, null]);
      const { headers } = await api.call('GET', '/v1/me', { key: free.secret });
      expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
    }
    const me = await api.call('GET', '/v1/me', { key: key.secret });
    expect(me.body).toMatchObject({ limits: { rate_limit_per_min: 40 } });
  });

  it('is the tenant’s where an operator set one, and never more', async () => {
    const key = await operator();
    const body = { slug: 'slow', name: 'Slow', limits: { rate_limit_per_min: 20 } };
    const made = (await api.call('POST', '/v1/tenants', { key, body })).body as Tenant & { key: Secret };
    expect(await rateOf(made.key.secret)).toBe(20);
    expect((await keyWith({ rate_limit_per_min: 5 }, made.key.secret)).rate_limit_per_min).toBe(5);
    const keys: Secret[] = [];
    for (const asked of [0, 1_000]) keys.push(await keyWith({ rate_limit_per_min: asked }, made.key.secret));
    for (const { rate_limit_per_min, secret } of keys)
      expect([rate_limit_per_min, await rateOf(secret)]).toEqual([20, 20]);
    await api.call('PATCH', '/v1/tenants/slow', { key, body: { limits: { rate_limit_per_min: 0 } } });
    await expect.poll(() => rateOf(made.key.secret), SOON).toBeNull();
    await expect.poll(() => rateOf(keys[1]!.secret), SOON).toBe(1_000);
  });
});
