import type { Job, Page } from '@heddle/contracts';
import { testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, startProcess, stopProcess, type TestApi } from '../api.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;
const WAIT_MS = 30_000;

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
  await api.store.models.addVersion({
    tenantId: api.tenantId,
    name: 'own',
    description: '',
    manifest: testManifest({ tasks: ['text-classification'] }),
  });
});
afterAll(() => api.stop());

const newest = async (source: string) => {
  const { body } = await api.call('GET', `/v1/jobs?source=${source}&limit=1`);
  return (body as Page<Job>).data[0];
};
const tensor = { name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] };
/** A call of each dialect, and how it is told that it took too long. */
const CALLS = [
  ['cohere', '/cohere/v1/classify', { model: 'own', inputs: ['x'] }, 504, { message: expect.any(String) }],
  ['tei', '/tei/own/predict', { inputs: 'x' }, 424, { error_type: 'Backend' }],
  ['hf', '/hf/own', { inputs: 'x' }, 504, { error: expect.any(String) }],
  ['oip', '/oip/v2/models/own/infer', { inputs: [tensor] }, 504, { error: expect.any(String) }],
] as const;

describe.each(CALLS)('a call of %s', (source, path, body, status, error) => {
  it('cancels its job when that takes too long', async () => {
    const answer = await api.call('POST', path, { body });
    expect([answer.status, answer.body]).toMatchObject([status, error]);
    expect(await newest(source)).toMatchObject({ status: 'canceled', source, priority: 'high' });
  });

  it('is run afresh when its key comes again after it took too long', async () => {
    const headers = { 'idempotency-key': `again-${source}` };
    const made = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const answer = await api.call('POST', path, { body, headers });
      expect([answer.status, answer.body]).toMatchObject([status, error]);
      made.add((await newest(source))!.id);
    }
    expect(made.size).toBe(2);
  });

  it('cancels its job when the client hangs up', async () => {
    const patient = await startProcess({
      HEDDLE_DATABASE_URL: api.database.url,
      HEDDLE_DATA_DIR: api.dataDir,
      HEDDLE_DIALECT_TIMEOUT_MS: '600000',
    });
    try {
      const before = await newest(source);
      const gone = new AbortController();
      const call = fetch(patient.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: gone.signal,
      });
      const aborted = expect(call).rejects.toThrow('abort');
      await waitFor(async () => (await newest(source))?.id !== before?.id, { timeoutMs: WAIT_MS });
      gone.abort();
      await aborted;
      await waitFor(async () => (await newest(source))?.status === 'canceled', { timeoutMs: WAIT_MS });
    } finally {
      await stopProcess(patient.child);
    }
  });

  it('needs the scope to infer, and is of the tenant alone', async () => {
    const reads = await api.keyWith(['read']);
    expect((await api.call('POST', path, { body, key: reads })).status).toBe(403);
    expect((await api.call('POST', path, { body, key: api.strangerKey })).status).toBe(404);
    expect((await api.call('POST', path, { body, key: null })).status).toBe(401);
  });
});

describe('a server that is not ready', () => {
  it('says so to everybody, and never with 503 to the clients of Hugging Face', async () => {
    for (const [path, status] of [
      ['/tei/own/health', 503],
      ['/tei/no/health', 503],
      ['/tei/own/ping', 503],
      ['/hf/own/health', 429],
      ['/oip/v2/health/ready', 503],
      ['/oip/v2/health/live', 200],
    ] as const)
      expect([path, (await api.call('GET', path, { key: null })).status]).toEqual([path, status]);
    const { body } = await api.call('GET', '/tei/own/health', { key: null });
    expect(body).toMatchObject({ error_type: 'Unhealthy' });
  });
});

describe('a rate that is exceeded', () => {
  it('is told with the time after which to come back', async () => {
    const { body: key } = await api.call('POST', '/v1/keys', {
      body: { name: 'slow', scopes: ['infer', 'read'], rate_limit_per_min: 1 },
    });
    const { secret } = key as { secret: string };
    expect((await api.call('GET', '/hf/own/info', { key: secret })).status).toBe(200);
    for (const [, path, body] of CALLS) {
      const answer = await api.call('POST', path, { body, key: secret });
      expect([path, answer.status]).toEqual([path, 429]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(answer.headers.get('ratelimit-policy')).toMatch(/^"default";q=1;w=60$/);
    }
  });
});
