import { newApiKey } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

/** Another for every spec: failures are counted for a minute. */
let api: TestApi;
const start = async (env: Record<string, string> = {}) => {
  api = await startApi(env);
};
afterEach(() => api.stop());

const attempt = (key: string, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/session', { key: null, body: { key }, headers });

describe('guessing keys', () => {
  it('is stopped after ten failures of an address, however many are sent at once', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 30 }, () => attempt(newApiKey())));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(problemIn(refused)).toMatchObject({ code: 'rate-limited', retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // Not even the right one: otherwise guessing could go on.
    expect((await attempt(api.key)).status).toBe(429);
    // What has a key or is signed in already goes on.
    expect((await api.call('GET', '/v1/me')).status).toBe(200);
    // What a proxy could say of the address is not believed.
    expect((await attempt(newApiKey(), { 'x-forwarded-for': '203.0.113.9' })).status).toBe(429);
  });

  it('does not count who signs in', async () => {
    await start();
    for (let i = 0; i < 25; i++) expect((await attempt(api.key)).status).toBe(201);
    for (let i = 0; i < 10; i++) expect((await attempt(newApiKey())).status).toBe(401);
    expect((await attempt(newApiKey())).status).toBe(429);
  });
});

describe('cookies by TLS', () => {
  const cookieOf = async (headers: Record<string, string> = {}) =>
    (await attempt(api.key, headers)).headers.get('set-cookie')!;

  it('are for it alone where the proxy says that it ended it', async () => {
    await start();
    expect(await cookieOf({ 'x-forwarded-proto': 'https' })).toMatch(
      /^__Host-heddle_session=[\w-]{43}; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(await cookieOf({ 'x-forwarded-proto': 'http' })).toMatch(/^heddle_session=.*SameSite=Strict$/);
  });

  it('are for it alone where the address of the instance says so', async () => {
    await start({ HEDDLE_PUBLIC_URL: 'https://heddle.example' });
    const cookie = await cookieOf();
    expect(cookie).toMatch(/^__Host-heddle_session=.*; Secure$/);
    const [pair] = cookie.split(';');
    const ask = (sent: string) => api.call('GET', '/v1/me', { key: null, headers: { cookie: sent } });
    expect((await ask(pair!)).status).toBe(200);
    // The name without the prefix is one that a neighbour of the same domain could have set.
    expect((await ask(pair!.replace('__Host-', ''))).status).toBe(401);
  });

  it('are as the setting says', async () => {
    await start({ HEDDLE_SECURE_COOKIES: 'false', HEDDLE_PUBLIC_URL: 'https://heddle.example' });
    expect(await cookieOf({ 'x-forwarded-proto': 'https' })).not.toContain('Secure');
  });
});
