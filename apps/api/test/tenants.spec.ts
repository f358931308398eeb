import type { ApiKey, Page, Tenant } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

type NewTenant = Tenant & { key: ApiKey & { secret: string } };

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/tenants', { body, headers });
const patch = (slug: string, body: unknown) => api.call('PATCH', `/v1/tenants/${slug}`, { body });
const create = async (slug: string, body: Record<string, unknown> = {}) => {
  const answer = await post({ slug, name: slug, ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as NewTenant;
};
/** A change is known everywhere within a second or so; a busy machine takes longer. */
const SOON = { timeout: 15_000 };
const submit = (key: string, count: number) =>
  api.call('POST', '/v1/jobs', {
    key,
    body: { model: 'm', inputs: Array.from({ length: count }, () => 'x') },
  });

describe('POST /v1/tenants', () => {
  it('makes a tenant with a first key', async () => {
    const answer = await post({ slug: 'umbrella', name: 'Umbrella', limits: { rate_limit_per_min: 1000 } });
    const tenant = answer.body as NewTenant;
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/v1/tenants/umbrella']);
    expect(tenant).toEqual({
      object: 'tenant',
      slug: 'umbrella',
      name: 'Umbrella',
      limits: { rate_limit_per_min: 1000, max_queued_items_per_tenant: null },
      suspended: false,
      created_at: expect.stringMatching(/Z$/),
      key: expect.objectContaining({ name: 'first', scopes: ['infer', 'read', 'manage'] }),
    });
    const { secret } = tenant.key;
    expect((await api.call('GET', '/v1/me', { key: secret })).body).toMatchObject({
      tenant: { slug: 'umbrella', name: 'Umbrella' },
      key: { id: tenant.key.id, scopes: ['infer', 'read', 'manage'] },
    });
    expect((await submit(secret, 1)).status).toBe(202);
    const body = { name: 'ci', scopes: ['infer'] };
    expect((await api.call('POST', '/v1/keys', { key: secret, body })).status).toBe(201);
  });

  it('refuses a slug that is taken', async () => {
    const answer = await post({ slug: 'stranger', name: 'x' });
    expect([answer.status, problemIn(answer).code]).toEqual([409, 'already-exists']);
  });

  it.each([
    [{}, ['/slug', '/name']],
    [{ slug: 'A b', name: 'x' }, ['/slug']],
    [{ slug: 'x', name: 'x' }, ['/slug']],
    [{ slug: 'ok', name: 'x', colour: 1 }, ['/colour']],
    [{ slug: 'ok', name: 'x', limits: { max_jobs: 1 } }, ['/limits/max_jobs']],
    [
      { slug: 'ok', name: 'x', limits: { max_queued_items_per_tenant: 0 } },
      ['/limits/max_queued_items_per_tenant'],
    ],
  ])('refuses %j', async (body, pointers) => {
    const answer = await post(body);
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'validation']);
    expect(problemIn(answer).errors!.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('makes one tenant of sixteen requests with an idempotency key, and shows its key to one', async () => {
    const body = { slug: 'once', name: 'Once' };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => post(body, { 'idempotency-key': 'tenant-once' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const first = answers.filter(({ headers }) => headers.get('idempotency-replayed') === null);
    expect(first).toHaveLength(1);
    expect(answers.filter((answer) => 'key' in (answer.body as Tenant))).toEqual(first);
    const keys = await api.database.query(
      "SELECT 1 FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE t.slug = 'once'",
    );
    expect(keys).toHaveLength(1);
    const other = await post({ ...body, name: 'Twice' }, { 'idempotency-key': 'tenant-once' });
    expect([other.status, problemIn(other).code]).toEqual([422, 'idempotency-key-reused']);
  });
});

describe('GET /v1/tenants', () => {
  it('pages through all tenants, newest first', async () => {
    await create('page-a');
    await create('page-b');
    const { body } = await api.call('GET', '/v1/tenants?limit=1');
    const page = body as Page<Tenant>;
    expect(page.data.map(({ slug }) => slug)).toEqual(['page-b']);
    expect(page.data[0]).not.toHaveProperty('key');
    const next = await api.call('GET', `/v1/tenants?limit=1&cursor=${page.next_cursor}`);
    expect((next.body as Page<Tenant>).data.map(({ slug }) => slug)).toEqual(['page-a']);
    const all = (await api.call('GET', '/v1/tenants?limit=100')).body as Page<Tenant>;
    expect(all.data.map(({ slug }) => slug)).toEqual(expect.arrayContaining(['acme', 'stranger', 'library']));
  });

  it.each([
    ['?cursor=x', 'invalid-cursor'],
    ['?limit=101', 'invalid-query'],
    ['?slug=acme', 'invalid-query'],
  ])('refuses %s', async (query, code) => {
    const answer = await api.call('GET', `/v1/tenants${query}`);
    expect([answer.status, problemIn(answer).code]).toEqual([400, code]);
  });
});

describe('PATCH /v1/tenants/{slug}', () => {
  it('suspends a tenant soon, and lets it go on', async () => {
    const { key } = await create('paused');
    const me = () => api.call('GET', '/v1/me', { key: key.secret });
    expect((await me()).status).toBe(200);
    expect((await patch('paused', { suspended: true })).body).toMatchObject({
      slug: 'paused',
      suspended: true,
    });
    await expect.poll(async () => (await me()).status, SOON).toBe(403);
    const refused = await me();
    expect([refused.status, problemIn(refused).code]).toEqual([403, 'forbidden']);
    expect(problemIn(refused).detail).toBe('The tenant of this key is suspended.');
    expect(problemIn(refused)).not.toHaveProperty('required_scope');
    expect((await submit(key.secret, 1)).status).toBe(403);
    expect((await patch('paused', { suspended: false })).body).toMatchObject({ suspended: false });
    await expect.poll(async () => (await me()).status, SOON).toBe(200);
  });

  it('changes what is named and nothing else', async () => {
    await create('changed', { limits: { rate_limit_per_min: 70, max_queued_items_per_tenant: 5 } });
    const { body } = await patch('changed', { limits: { rate_limit_per_min: null } });
    expect(body).toMatchObject({
      name: 'changed',
      limits: { rate_limit_per_min: null, max_queued_items_per_tenant: 5 },
      suspended: false,
    });
    expect((await patch('changed', { name: 'Other' })).body).toMatchObject({
      name: 'Other',
      limits: { rate_limit_per_min: null, max_queued_items_per_tenant: 5 },
    });
    expect((await patch('changed', {})).body).toMatchObject({ name: 'Other' });
  });

  it('sets how much a tenant may have queued', async () => {
    const { key } = await create('small', { limits: { max_queued_items_per_tenant: 3 } });
    const { body } = await api.call('GET', '/v1/limits', { key: key.secret });
    expect(body).toMatchObject({ max_queued_items_per_tenant: 3 });
    expect((await submit(key.secret, 3)).status).toBe(202);
    const answer = await submit(key.secret, 1);
    expect([answer.status, problemIn(answer).code]).toEqual([429, 'quota-exceeded']);
    await patch('small', { limits: { max_queued_items_per_tenant: 4 } });
    // What was accepted while the backlog was counted may count twice, until it is counted again.
    await expect.poll(async () => (await submit(key.secret, 1)).status, SOON).toBe(202);
  });

  it('does not lock the operator out', async () => {
    const answer = await patch('acme', { suspended: true });
    expect([answer.status, problemIn(answer).code]).toEqual([403, 'forbidden']);
  });

  it.each([
    ['nobody', { name: 'x' }, 404, 'not-found'],
    ['No-Slug!', { name: 'x' }, 404, 'not-found'],
    ['stranger', { slug: 'other' }, 422, 'validation'],
    ['stranger', { suspended: 'yes' }, 422, 'validation'],
  ])('%s %j gets %i', async (slug, body, status, code) => {
    const answer = await patch(slug, body);
    expect([answer.status, problemIn(answer).code]).toEqual([status, code]);
  });
});

describe.each([
  ['POST', '/v1/tenants'],
  ['GET', '/v1/tenants'],
  ['PATCH', '/v1/tenants/stranger'],
])('%s %s', (method, path) => {
  it('asks for a key with the scope operate', async () => {
    const without = await api.call(method, path, { key: null });
    expect([without.status, problemIn(without).code]).toEqual([401, 'unauthorized']);
    const answer = await api.call(method, path, { key: api.strangerKey });
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      { code: 'forbidden', required_scope: 'operate' },
    ]);
  });
});
