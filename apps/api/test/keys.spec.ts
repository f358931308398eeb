import { type ApiKey, isApiKey, newUuid, type Page, toPublicId } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const post = (body: unknown, options: { key?: string | null; headers?: Record<string, string> } = {}) =>
  api.call('POST', '/v1/keys', { body, ...options });
const create = async (body: Record<string, unknown> = {}) => {
  const answer = await post({ name: 'ci', scopes: ['infer'], ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as ApiKey & { secret: string };
};
const list = async (key: string, query = '') =>
  (await api.call('GET', `/v1/keys${query}`, { key })).body as Page<ApiKey>;
const opens = async (key: string) => (await api.call('GET', '/v1/me', { key })).status;
/** A key that was removed is known as such within a second or so; a busy machine takes longer. */
const SOON = { timeout: 15_000 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** A problem without what differs between any two requests. */
const plain = (answer: Answer) => {
  const { request_id: _, instance: __, ...rest } = problemIn(answer);
  return rest;
};

describe('POST /v1/keys', () => {
  it('makes a key whose secret is shown once', async () => {
    const answer = await post({ name: 'ci', scopes: ['read', 'infer', 'read'], rate_limit_per_min: 50 });
    const key = answer.body as ApiKey & { secret: string };
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v1/keys/${key.id}`]);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      object: 'key',
      name: 'ci',
      prefix: key.secret.slice(0, 8),
      scopes: ['infer', 'read'],
      rate_limit_per_min: 50,
      created_at: expect.stringMatching(/Z$/),
      expires_at: null,
      last_used_at: null,
      secret: expect.any(String),
    });
    expect(isApiKey(key.secret)).toBe(true);
    const shown = (await list(api.key)).data.find(({ id }) => id === key.id);
    const { secret: _, ...rest } = key;
    expect(shown).toEqual(rest);
    const me = (await api.call('GET', '/v1/me', { key: key.secret })).body;
    expect(me).toMatchObject({ key: { id: key.id, name: 'ci', scopes: ['infer', 'read'] } });
    const kept = JSON.stringify(await api.database.query('SELECT * FROM api_keys'));
    expect(kept).not.toContain(key.secret);
  });

  it('grants only what the asking key has', async () => {
    const manager = await api.keyWith(['infer', 'manage']);
    const answer = await post({ name: 'x', scopes: ['infer', 'operate'] }, { key: manager });
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      { code: 'forbidden', required_scope: 'operate' },
    ]);
    // `manage` has `read` in it.
    expect((await post({ name: 'x', scopes: ['read', 'manage'] }, { key: manager })).status).toBe(201);
  });

  it.each([
    [{}, ['/name', '/scopes']],
    [{ name: '', scopes: ['infer'] }, ['/name']],
    [{ name: 'x'.repeat(101), scopes: ['infer'] }, ['/name']],
    [{ name: 'a\nb', scopes: ['infer'] }, ['/name']],
    [{ name: 'x', scopes: [] }, ['/scopes']],
    [{ name: 'x', scopes: ['dance'] }, ['/scopes/0']],
    [{ name: 'x', scopes: ['infer'], colour: 'red' }, ['/colour']],
    [{ name: 'x', scopes: ['infer'], expires_at: '2026-02-30T00:00:00Z' }, ['/expires_at']],
    [{ name: 'x', scopes: ['infer'], expires_at: '2020-01-01T00:00:00Z' }, ['/expires_at']],
    [{ name: 'x', scopes: ['infer'], rate_limit_per_min: -1 }, ['/rate_limit_per_min']],
    [{ name: 'x', scopes: ['infer'], rate_limit_per_min: 1.5 }, ['/rate_limit_per_min']],
  ])('refuses %j', async (body, pointers) => {
    const answer = await post(body);
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'validation']);
    expect(problemIn(answer).errors!.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('makes one key of sixteen requests with an idempotency key, and shows its secret to one', async () => {
    const send = () => post({ name: 'once', scopes: ['infer'] }, { headers: { 'idempotency-key': 'once' } });
    const answers = await Promise.all(Array.from({ length: 16 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => (body as ApiKey).id)).size).toBe(1);
    const first = answers.filter(({ headers }) => headers.get('idempotency-replayed') === null);
    expect(first).toHaveLength(1);
    expect(answers.filter(({ body }) => 'secret' in (body as ApiKey))).toEqual(first);

    const other = await post(
      { name: 'twice', scopes: ['infer'] },
      { headers: { 'idempotency-key': 'once' } },
    );
    expect([other.status, problemIn(other).code]).toEqual([422, 'idempotency-key-reused']);
    const bad = await post({ name: 'x', scopes: ['infer'] }, { headers: { 'idempotency-key': '"' } });
    expect([bad.status, problemIn(bad).code]).toEqual([400, 'invalid-idempotency-key']);

    // Kept as long as what it made.
    await api.call('DELETE', `/v1/keys/${(answers[0]!.body as ApiKey).id}`);
    const again = await send();
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });
});

describe('GET /v1/keys', () => {
  it('pages through the keys of the tenant, newest first', async () => {
    const made = [];
    for (const name of ['a', 'b', 'c']) made.unshift((await create({ name })).id);
    const first = await api.call('GET', '/v1/keys?limit=2');
    const page = first.body as Page<ApiKey>;
    expect(page.data.map(({ id }) => id)).toEqual(made.slice(0, 2));
    expect(first.headers.get('link')).toBe(`</v1/keys?limit=2&cursor=${page.next_cursor}>; rel="next"`);
    const rest = await list(api.key, `?limit=1&cursor=${page.next_cursor}`);
    expect(rest.data.map(({ id }) => id)).toEqual(made.slice(2));
    expect((await list(api.strangerKey)).data.map(({ name }) => name)).toEqual(['all']);

    const foreign = await api.call('GET', `/v1/keys?cursor=${page.next_cursor}`, { key: api.strangerKey });
    expect([foreign.status, problemIn(foreign).code]).toEqual([400, 'invalid-cursor']);
  });

  it.each([
    ['?cursor=x', 'invalid-cursor'],
    ['?limit=0', 'invalid-query'],
    ['?name=ci', 'invalid-query'],
  ])('refuses %s', async (query, code) => {
    const answer = await api.call('GET', `/v1/keys${query}`);
    expect([answer.status, problemIn(answer).code]).toEqual([400, code]);
  });

  it('tells when a key was used last, with one write a minute', async () => {
    const { id, secret } = await create();
    const used = async () => (await list(api.key)).data.find((key) => key.id === id)!.last_used_at;
    expect(await used()).toBeNull();
    expect(await opens(secret)).toBe(200);
    await waitFor(async () => (await used()) !== null);
    const first = (await used())!;
    expect(Math.abs(Date.parse(first) - Date.now())).toBeLessThan(10_000);
    await pause(1_050);
    expect(await opens(secret)).toBe(200);
    await pause(200);
    expect(await used()).toBe(first);
    await api.database.query(
      `UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE last_used_at IS NOT NULL`,
    );
    await waitFor(async () => (await opens(secret)) === 200 && (await used())! > first);
  });
});

describe('DELETE /v1/keys/{id}', () => {
  it('takes a key out of service soon, and off the list', async () => {
    const { id, secret } = await create();
    expect(await opens(secret)).toBe(200);
    const answer = await api.call('DELETE', `/v1/keys/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    await expect.poll(() => opens(secret), SOON).toBe(401);
    expect((await list(api.key, '?limit=100')).data.map((key) => key.id)).not.toContain(id);
    expect((await api.call('DELETE', `/v1/keys/${id}`)).status).toBe(404);
  });

  it('lets a key be replaced without a gap', async () => {
    const old = await create({ name: 'service' });
    const next = await create({ name: 'service' });
    expect([await opens(old.secret), await opens(next.secret)]).toEqual([200, 200]);
    expect((await api.call('DELETE', `/v1/keys/${old.id}`)).status).toBe(204);
    await expect.poll(() => opens(old.secret), SOON).toBe(401);
    expect(await opens(next.secret)).toBe(200);
  });

  it('cannot tell a stranger’s key from one that does not exist', async () => {
    const { id, secret } = await create();
    const answers = await Promise.all(
      [id, toPublicId('key', newUuid()), 'key_!'].map((path) =>
        api.call('DELETE', `/v1/keys/${path}`, { key: api.strangerKey }),
      ),
    );
    expect(plain(answers[0]!)).toMatchObject({ status: 404, code: 'not-found' });
    expect(plain(answers[1]!)).toEqual(plain(answers[0]!));
    expect(plain(answers[2]!)).toEqual(plain(answers[0]!));
    await pause(1_000);
    expect(await opens(secret)).toBe(200);
  });
});

describe('keys that expire', () => {
  it('stop working at that time', async () => {
    const expiresAt = new Date(Date.now() + 1_500);
    const key = await create({ expires_at: expiresAt.toISOString() });
    expect(key.expires_at).toBe(expiresAt.toISOString());
    expect(await opens(key.secret)).toBe(200);
    while (Date.now() < expiresAt.getTime() - 300) await pause(50);
    // Remembered shortly before its end, and not trusted beyond.
    expect(await opens(key.secret)).toBe(200);
    while (Date.now() <= expiresAt.getTime()) await pause(10);
    expect(await opens(key.secret)).toBe(401);
  });

  it('are replayed although they have', async () => {
    const body = { name: 'short', scopes: ['infer'], expires_at: new Date(Date.now() + 500).toISOString() };
    const headers = { 'idempotency-key': 'short' };
    const first = await post(body, { headers });
    await pause(600);
    const again = await post(body, { headers });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect((again.body as ApiKey).id).toBe((first.body as ApiKey).id);
  });
});

describe.each([
  ['POST', '/v1/keys'],
  ['GET', '/v1/keys'],
  ['DELETE', `/v1/keys/${toPublicId('key', newUuid())}`],
])('%s %s', (method, path) => {
  it('asks for a key with the scope manage', async () => {
    const without = await api.call(method, path, { key: null });
    expect([without.status, problemIn(without).code]).toEqual([401, 'unauthorized']);
    const other = await api.keyWith(['infer', 'read', 'operate']);
    const answer = await api.call(method, path, { key: other });
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      { code: 'forbidden', required_scope: 'manage' },
    ]);
  });
});
