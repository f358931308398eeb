import {
  type ApiKey,
  type AuditEntry,
  type Job,
  type Page,
  type Session,
  toPublicId,
} from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, claimJob, finishJob, problemIn, startApi, type TestApi } from './api.js';
import { openSse } from './sse.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

interface SignedIn {
  cookie: string;
  csrf: string;
  session: Session;
  answer: Answer;
}

const attempt = (key: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/session', { key: null, body: { key }, headers });

async function signIn(key = api.key, headers: Record<string, string> = {}): Promise<SignedIn> {
  const answer = await attempt(key, headers);
  expect(answer.status, answer.text).toBe(201);
  const session = answer.body as Session;
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  return { cookie, csrf: session.csrf_token, session, answer };
}

/** As a page of the dashboard asks. */
const ask = (method: string, path: string, { cookie, csrf }: SignedIn, body?: unknown) =>
  api.call(method, path, {
    key: null,
    headers: { cookie, ...(method === 'GET' ? {} : { 'x-csrf-token': csrf }) },
    ...(body === undefined ? {} : { body }),
  });
const statusOf = async (answer: Promise<Answer>) => (await answer).status;

describe('signing in', () => {
  it('answers with who it is, and with a cookie that no script reads and no other site uses', async () => {
    const { answer, session, cookie } = await signIn();
    const me = (await api.call('GET', '/v1/me')).body as { key: { id: string } };
    expect(session).toEqual({
      object: 'session',
      tenant: { slug: 'acme', name: 'Acme' },
      key: { id: me.key.id, name: 'all', scopes: ['infer', 'read', 'manage', 'operate'] },
      csrf_token: expect.stringMatching(/^[\w-]{43}$/),
      expires_at: expect.stringMatching(/Z$/),
      idle_timeout_s: 28_800,
    });
    const weekMs = 604_800_000;
    expect(Math.abs(Date.parse(session.expires_at) - Date.now() - weekMs)).toBeLessThan(60_000);
    const [pair, ...attributes] = answer.headers.get('set-cookie')!.split('; ');
    expect(pair).toMatch(/^heddle_session=[\w-]{43}$/);
    expect(attributes.filter((one) => !one.startsWith('Expires='))).toEqual([
      'Path=/',
      'HttpOnly',
      'SameSite=Strict',
    ]);
    expect(answer.text).not.toContain(cookie.split('=')[1]);
    expect(answer.text).not.toContain(api.key);
  });

  it('has one answer for every key that does not work', async () => {
    const { id: suspendedId } = await api.store.tenants.ensure('suspended', 'Suspended');
    const ofSuspended = await api.store.keys.create(suspendedId, 'k', ['read']);
    await api.call('PATCH', '/v1/tenants/suspended', { body: { suspended: true } });
    const revoked = await api.keyWith(['read']);
    await api.database.query(
      `UPDATE api_keys SET revoked_at = now() WHERE id = (SELECT id FROM api_keys ORDER BY id DESC LIMIT 1)`,
    );
    const expired = await api.keyWith(['read']);
    await api.database.query(
      `UPDATE api_keys SET expires_at = now() WHERE id = (SELECT id FROM api_keys ORDER BY id DESC LIMIT 1)`,
    );
    const unknown = api.key.slice(0, 8) + [...api.key.slice(8)].reverse().join('');
    for (const key of [ofSuspended, revoked, expired, unknown, 'hdl_', 'x\u0001y']) {
      const answer = await attempt(key, { 'x-request-id': 'same' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(problemIn(answer)).toEqual({
        type: `${api.url}/problems/unauthorized`,
        title: 'Unauthorized',
        status: 401,
        detail: 'No one can sign in with this key.',
        instance: '/v1/session',
        code: 'unauthorized',
        retryable: false,
        request_id: 'same',
      });
    }
    expect(api.logs()).not.toContain(revoked);
  });

  it.each([
    [{}],
    [{ key: 7 }],
    [{ key: '' }],
    [{ key: 'x'.repeat(257) }],
    [{ key: 'x', scopes: ['operate'] }],
  ])('refuses the body %j', async (body) => {
    const answer = await api.call('POST', '/v1/session', { key: null, body });
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'validation']);
  });

  it('gives a new secret each time, never one that the browser brought, and ends the one it had', async () => {
    const chosen = `heddle_session=${'A'.repeat(43)}`;
    const first = await signIn(api.key, { cookie: chosen });
    expect(first.cookie).not.toBe(chosen);
    expect(await statusOf(api.call('GET', '/v1/session', { key: null, headers: { cookie: chosen } }))).toBe(
      401,
    );
    const second = await signIn(api.key, { cookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    expect(second.csrf).not.toBe(first.csrf);
    expect(await statusOf(ask('GET', '/v1/me', first))).toBe(401);
    expect(await statusOf(ask('GET', '/v1/me', second))).toBe(200);
  });

  it('keeps a hash of the secret and nothing else of it', async () => {
    const { cookie } = await signIn();
    const kept = JSON.stringify(await api.database.query('SELECT *, hash::text AS text FROM sessions'));
    const secret = cookie.split('=')[1]!;
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain(Buffer.from(secret).toString('hex'));
    expect(kept).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
  });
});

describe('a session', () => {
  it('opens the routes of the API as its key does', async () => {
    const reader = await signIn(await api.keyWith(['read']));
    for (const path of ['/v1/me', '/v1/jobs', '/v1/models', '/v1/stats', '/v1/session'])
      expect([path, await statusOf(ask('GET', path, reader))]).toEqual([path, 200]);
    const refused = await ask('GET', '/v1/workers', reader);
    expect(problemIn(refused)).toMatchObject({ code: 'forbidden', required_scope: 'operate' });
    const writer = await signIn();
    const made = await ask('POST', '/v1/jobs', writer, { model: 'm', inputs: ['x'] });
    expect(made.status, made.text).toBe(202);
    const { id } = made.body as Job;
    expect(await statusOf(ask('POST', `/v1/jobs/${id}/cancel`, writer))).toBe(200);
  });

  it('opens event streams as a browser does', async () => {
    const signedIn = await signIn();
    const { id } = (await ask('POST', '/v1/jobs', signedIn, { model: 'm', inputs: ['x'] })).body as Job;
    const stream = await openSse(`${api.url}/v1/jobs/${id}/events`, {
      cookie: signedIn.cookie,
      'sec-fetch-site': 'same-origin',
    });
    expect((await stream.next())?.event).toBe('status');
    await finishJob(api, id, await claimJob(api, id));
    expect((await stream.rest()).at(-1)?.event).toBe('done');
  });

  it('opens no dialect, no metrics and no tenant but its own', async () => {
    const { cookie } = await signIn();
    for (const path of ['/openai/v1/models', '/replicate/v1/account', '/metrics'])
      expect([path, await statusOf(api.call('GET', path, { key: null, headers: { cookie } }))]).toEqual([
        path,
        401,
      ]);
    const job = (await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } })).body as Job;
    const stranger = await signIn(api.strangerKey);
    expect(await statusOf(ask('GET', `/v1/jobs/${job.id}`, stranger))).toBe(404);
    expect(((await ask('GET', '/v1/session', stranger)).body as Session).tenant.slug).toBe('stranger');
    expect(await statusOf(ask('GET', '/v1/tenants', stranger))).toBe(403);
  });

  it('a key that is sent beside it goes first, and needs no token', async () => {
    const { cookie } = await signIn(api.strangerKey);
    const me = await api.call('GET', '/v1/me', { headers: { cookie } });
    expect((me.body as { tenant: { slug: string } }).tenant.slug).toBe('acme');
    const wrong = await api.call('GET', '/v1/me', { key: 'hdl_wrong', headers: { cookie } });
    expect(wrong.status).toBe(401);
    const made = await api.call('POST', '/v1/jobs', {
      headers: { cookie },
      body: { model: 'm', inputs: ['x'] },
    });
    expect(made.status).toBe(202);
    expect(problemIn(await api.call('GET', '/v1/session')).code).toBe('not-found');
  });

  it.each([
    ['none', ''],
    ['of another name', 'other=x'],
    ['too short', 'heddle_session=abc'],
    ['of a guess', `heddle_session=${'B'.repeat(43)}`],
    ['by the name for TLS', `__Host-heddle_session=${'B'.repeat(43)}`],
  ])('a cookie %s opens nothing', async (_, cookie) => {
    expect(await statusOf(api.call('GET', '/v1/me', { key: null, headers: { cookie } }))).toBe(401);
  });

  it('two cookies of the name open nothing, for one of them is somebody else’s', async () => {
    const { cookie } = await signIn();
    const both = `${cookie}; heddle_session=${'C'.repeat(43)}`;
    expect(await statusOf(api.call('GET', '/v1/me', { key: null, headers: { cookie: both } }))).toBe(401);
    const beside = `theme=dark; ${cookie}; x=y`;
    expect(await statusOf(api.call('GET', '/v1/me', { key: null, headers: { cookie: beside } }))).toBe(200);
  });
});

describe('what another site sends', () => {
  const refusedWith = async (headers: Record<string, string>) => {
    const signedIn = await signIn();
    const all = { cookie: signedIn.cookie, 'x-csrf-token': signedIn.csrf, ...headers };
    const { status } = await api.call('POST', '/v1/keys', {
      key: null,
      headers: all,
      body: { name: 'x', scopes: ['read'] },
    });
    return status;
  };
  const host = () => new URL(api.url).host;

  it.each([
    ['no token', { 'x-csrf-token': '' }],
    ['a token of nobody', { 'x-csrf-token': 'D'.repeat(43) }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of the same domain', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['an origin that begins alike', { origin: 'http://127.0.0.1:1' }],
  ])('is refused: %s', async (_, headers) => {
    expect(await refusedWith(headers)).toBe(403);
  });

  it('is refused with the token of another session', async () => {
    const other = await signIn();
    expect(await refusedWith({ 'x-csrf-token': other.csrf })).toBe(403);
  });

  it('is not what the own page sends', async () => {
    expect(await refusedWith({})).toBe(201);
    expect(await refusedWith({ origin: `http://${host()}` })).toBe(201);
    expect(await refusedWith({ origin: `http://${host()}`, 'sec-fetch-site': 'same-origin' })).toBe(201);
  });

  it('signs nobody in', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      const answer = await attempt(api.key, headers);
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    }
    const form = await fetch(`${api.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `key=${api.key}`,
    });
    expect(form.status).toBe(415);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST'])('%s needs the token as well', async (method) => {
    const { cookie } = await signIn();
    const paths = {
      PUT: '/v1/models/m/aliases/production',
      PATCH: '/v1/models/m',
      DELETE: '/v1/models/m',
      POST: '/v1/models',
    };
    const answer = await api.call(method, paths[method as keyof typeof paths], {
      key: null,
      headers: { cookie },
    });
    expect([answer.status, problemIn(answer).detail]).toEqual([403, expect.stringContaining('X-CSRF-Token')]);
  });
});

describe('a session ends', () => {
  it('for everybody who has its cookie when somebody signs out', async () => {
    const signedIn = await signIn();
    const other = await signIn();
    expect(
      await statusOf(api.call('DELETE', '/v1/session', { key: null, headers: { cookie: signedIn.cookie } })),
    ).toBe(403);
    const answer = await ask('DELETE', '/v1/session', signedIn);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^heddle_session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(401);
    expect(await statusOf(ask('DELETE', '/v1/session', signedIn))).toBe(401);
    expect(await statusOf(ask('GET', '/v1/me', other))).toBe(200);
  });

  it('when its key is deleted', async () => {
    const made = await api.call('POST', '/v1/keys', { body: { name: 'short', scopes: ['read'] } });
    const { id, secret } = made.body as ApiKey;
    const signedIn = await signIn(secret);
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(200);
    await api.call('DELETE', `/v1/keys/${id}`);
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(401);
  });

  it('when its key expires, which it says from the beginning', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await api.call('POST', '/v1/keys', {
      body: { name: 'hour', scopes: ['read'], expires_at: expiresAt },
    });
    const { id, secret } = made.body as ApiKey;
    const signedIn = await signIn(secret);
    expect(signedIn.session.expires_at).toBe(expiresAt);
    expect(signedIn.session.key.id).toBe(id);
    await api.database.query(`UPDATE api_keys SET expires_at = now() WHERE name = 'hour'`);
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(401);
  });

  it('when its tenant is suspended, and does not come back with it', async () => {
    const { id: tenantId } = await api.store.tenants.ensure('paused', 'Paused');
    const signedIn = await signIn(await api.store.keys.create(tenantId, 'k', ['read']));
    await api.call('PATCH', '/v1/tenants/paused', { body: { suspended: true } });
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(401);
    await api.call('PATCH', '/v1/tenants/paused', { body: { suspended: false } });
    expect(await statusOf(ask('GET', '/v1/me', signedIn))).toBe(401);
  });

  it('when nobody has used it for a working day, or after a week however it is used', async () => {
    const age = (column: string, interval: string) =>
      api.database.query(
        `UPDATE sessions SET ${column} = ${column} - interval '${interval}' WHERE id = (SELECT id FROM sessions ORDER BY id DESC LIMIT 1)`,
      );
    const idle = await signIn();
    await age('last_used_at', '7 hours');
    expect(await statusOf(ask('GET', '/v1/me', idle))).toBe(200);
    await expect
      .poll(async () => {
        const [row] = await api.database.query<{ fresh: boolean }>(
          `SELECT last_used_at > now() - interval '1 minute' AS fresh FROM sessions ORDER BY id DESC LIMIT 1`,
        );
        return row!.fresh;
      })
      .toBe(true);
    await age('last_used_at', '481 minutes');
    expect(await statusOf(ask('GET', '/v1/me', idle))).toBe(401);
    const old = await signIn();
    await age('expires_at', '7 days');
    expect(await statusOf(ask('GET', '/v1/me', old))).toBe(401);
  });
});

it('the audit log tells who signed in and out', async () => {
  const key = await api.keyWith(['read']);
  const signedIn = await signIn(key);
  const out = await ask('DELETE', '/v1/session', signedIn);
  const { id } = signedIn.session.key;
  const { data } = (await api.call('GET', `/v1/audit?object=${id}`)).body as Page<AuditEntry>;
  const told = data.filter(({ action }) => action.startsWith('session.'));
  const shown = { expires_at: signedIn.session.expires_at };
  expect(told).toMatchObject([
    {
      action: 'session.delete',
      tenant: 'acme',
      actor: { key: id },
      before: shown,
      after: null,
      request_id: out.headers.get('x-request-id'),
    },
    {
      action: 'session.create',
      tenant: 'acme',
      actor: { key: id },
      before: null,
      after: shown,
      request_id: signedIn.answer.headers.get('x-request-id'),
    },
  ]);
});

it('a key has a hundred sessions at most: the newest', async () => {
  const first = await signIn();
  const [row] = await api.database.query<{ keyId: string; tenantId: string }>(
    'SELECT key_id AS "keyId", tenant_id AS "tenantId" FROM sessions ORDER BY id DESC LIMIT 1',
  );
  expect(toPublicId('key', row!.keyId)).toBe(first.session.key.id);
  const times = { idleS: 60, maxS: 60 };
  for (let i = 0; i < 100; i++) await api.store.sessions.create(api.key, `secret ${i}`, times, 'spec');
  const [count] = await api.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM sessions WHERE key_id = '${row!.keyId}'`,
  );
  expect(count!.count).toBe(100);
  expect(await statusOf(ask('GET', '/v1/me', first))).toBe(401);
});
