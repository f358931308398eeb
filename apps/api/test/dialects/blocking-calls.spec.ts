import type { Job, Page } from '@heddle/contracts';
import { testManifest, waitFor } from '@heddle/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, startProcess, stopProcess, type TestApi } from '../api.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
  await api.store.models.addVersion({
    tenantId: api.tenantId,
    name: 'embedder',
    description: '',
    manifest: testManifest({ head: 'features', tasks: ['embed'] }),
  });
});
afterAll(() => api.stop());

const newest = async () => {
  const { body } = await api.call('GET', '/v1/jobs?source=openai&limit=1');
  return (body as Page<Job>).data[0]!;
};
const BODY = { model: 'm', input: 'x' };
/** Runs a job as a worker would, unless it was canceled meanwhile. */
async function work(id: string): Promise<void> {
  const attempt = await claimJob(api, id).catch(() => null);
  if (attempt !== null) await finishJob(api, id, attempt);
}

describe('a call that waits', () => {
  it('cancels its job when that takes too long', async () => {
    const answer = await api.call('POST', '/openai/v1/classifications', { body: BODY });
    expect(answer.status, answer.text).toBe(504);
    expect(answer.body).toMatchObject({ error: { type: 'server_error', code: 'timeout' } });
    expect(await newest()).toMatchObject({ status: 'canceled', source: 'openai', priority: 'high' });
  });

  it('cancels every job of it', async () => {
    const input = Array.from({ length: 1_001 }, () => 'x');
    const answer = await api.call('POST', '/openai/v1/embeddings', { body: { model: 'embedder', input } });
    expect(answer.status).toBe(504);
    const { body } = await api.call('GET', '/v1/jobs?source=openai&task=embed&limit=2');
    const { data } = body as Page<Job>;
    expect(data.map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect(data.map(({ counts }) => counts.total).sort()).toEqual([1, 1_000]);
  });

  it('cancels its job when the client hangs up', async () => {
    // One that has all the time it wants.
    const patient = await startProcess({
      HEDDLE_DATABASE_URL: api.database.url,
      HEDDLE_DATA_DIR: api.dataDir,
      HEDDLE_DIALECT_TIMEOUT_MS: '600000',
    });
    try {
      const before = await newest();
      const gone = new AbortController();
      const call = fetch(`${patient.url}/openai/v1/classifications`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(BODY),
        signal: gone.signal,
      });
      const aborted = expect(call).rejects.toThrow('abort');
      await waitFor(async () => (await newest()).id !== before.id, { timeoutMs: 30_000 });
      const { id } = await newest();
      await claimJob(api, id);
      gone.abort();
      await aborted;
      await waitFor(async () => (await newest()).status === 'canceled', { timeoutMs: 30_000 });
      expect((await newest()).id).toBe(id);
    } finally {
      await stopProcess(patient.child);
    }
  });

  it('is answered when a client repeats it by itself after a timeout, with one key', async () => {
    const before = await newest();
    const openai = new OpenAI({ apiKey: api.key, baseURL: `${api.url}/openai/v1`, maxRetries: 20 });
    let answered = false;
    const call = openai
      .post<{ data: unknown[] }>('/classifications', {
        body: BODY,
        headers: { 'Idempotency-Key': 'repeated' },
      })
      .finally(() => {
        answered = true;
      });
    call.catch(() => undefined);
    await waitFor(async () => (await newest()).id !== before.id, { timeoutMs: 30_000 });
    const first = await newest();
    await waitFor(async () => (await api.call('GET', `/v1/jobs/${first.id}`)).text.includes('"canceled"'), {
      timeoutMs: 30_000,
    });
    // One of those that come after is run in time.
    await waitFor(
      async () => {
        const { id, status } = await newest();
        if (id !== first.id && status === 'queued') await work(id);
        return answered;
      },
      { timeoutMs: 60_000 },
    );
    expect((await call).data).toHaveLength(1);
    // That answer stands.
    const { id } = await newest();
    const again = await openai.post<{ data: unknown[] }>('/classifications', {
      body: BODY,
      headers: { 'Idempotency-Key': 'repeated' },
    });
    expect(again.data).toEqual((await call).data);
    expect((await newest()).id).toBe(id);
    const other = await api.call('POST', '/openai/v1/classifications', {
      body: { ...BODY, top_k: 1 },
      headers: { 'idempotency-key': 'repeated' },
    });
    expect([other.status, other.text]).toEqual([400, expect.stringContaining('idempotency_key_reused')]);
  });

  it('is answered to who asks again while the first request hangs up', async () => {
    const patient = await startProcess({
      HEDDLE_DATABASE_URL: api.database.url,
      HEDDLE_DATA_DIR: api.dataDir,
      HEDDLE_DIALECT_TIMEOUT_MS: '600000',
    });
    try {
      const before = await newest();
      const ask = (signal?: AbortSignal) =>
        fetch(`${patient.url}/openai/v1/classifications`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${api.key}`,
            'content-type': 'application/json',
            'idempotency-key': 'hung-up',
          },
          body: JSON.stringify(BODY),
          ...(signal ? { signal } : {}),
        });
      const gone = new AbortController();
      const aborted = expect(ask(gone.signal)).rejects.toThrow('abort');
      await waitFor(async () => (await newest()).id !== before.id, { timeoutMs: 30_000 });
      const { id } = await newest();
      const second = ask();
      gone.abort();
      await aborted;
      await waitFor(async () => (await newest()).id !== id, { timeoutMs: 30_000 });
      await work((await newest()).id);
      expect((await second).status).toBe(200);
    } finally {
      await stopProcess(patient.child);
    }
  });

  it('takes unknown fields, and models named with their owner', async () => {
    const body = { ...BODY, model: 'library/m', colour: 'red' };
    const { status } = await api.call('POST', '/openai/v1/classifications', { body });
    expect(status).toBe(504);
    expect(await newest()).toMatchObject({ model: 'm', task: 'text-classification' });
    const own = { model: 'acme/embedder', input: 'x' };
    expect((await api.call('POST', '/openai/v1/embeddings', { body: own })).status).toBe(504);
    const strangers = { model: 'stranger/m', input: 'x' };
    expect((await api.call('POST', '/openai/v1/embeddings', { body: strangers })).status).toBe(404);
  });

  it('needs the scope to infer, and sees nothing of other tenants', async () => {
    const reads = await api.keyWith(['read']);
    const answer = await api.call('POST', '/openai/v1/classifications', { body: BODY, key: reads });
    expect([answer.status, (answer.body as { error: { code: string } }).error.code]).toEqual([
      403,
      'insufficient_permissions',
    ]);
    const body = { model: 'embedder', input: 'x' };
    const stranger = await api.call('POST', '/openai/v1/embeddings', { body, key: api.strangerKey });
    expect(stranger.status).toBe(404);
  });
});
