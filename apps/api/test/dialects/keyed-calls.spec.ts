import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Page } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, startProcess, stopProcess, type TestApi } from '../api.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
});
afterAll(() => api.stop());

const list = async () => {
  const { body } = await api.call('GET', '/v1/jobs?source=openai');
  return (body as Page<Job>).data;
};
const newest = async () => (await list())[0]!;
const BODY = { model: 'm', input: 'x' };
/** Runs a job as a worker would, unless it was canceled meanwhile. */
async function work(id: string): Promise<void> {
  const attempt = await claimJob(api, id).catch(() => null);
  if (attempt !== null) await finishJob(api, id, attempt);
}

/** Beside an api that has patience with workers. */
async function withPatient(work: (url: string) => Promise<void>): Promise<void> {
  const { child, url } = await startProcess({
    HEDDLE_DATABASE_URL: api.database.url,
    HEDDLE_DATA_DIR: api.dataDir,
    HEDDLE_DIALECT_TIMEOUT_MS: '600000',
  });
  try {
    await work(url);
  } finally {
    await stopProcess(child);
  }
}

describe('a call with an idempotency key', () => {
  it('is answered when a client repeats it by itself after a timeout, with one key', async () => {
    expect(await list()).toEqual([]);
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
    await waitFor(async () => (await list()).length > 0, { timeoutMs: 30_000 });
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
    const replayed = await api.call('POST', '/openai/v1/classifications', {
      body: BODY,
      headers: { 'idempotency-key': 'repeated' },
    });
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    const other = await api.call('POST', '/openai/v1/classifications', {
      body: { ...BODY, top_k: 1 },
      headers: { 'idempotency-key': 'repeated' },
    });
    expect([other.status, other.text]).toEqual([400, expect.stringContaining('idempotency_key_reused')]);
  });

  it('that fails is run once for all who wait for it', async () => {
    await withPatient(async (url) => {
      const before = (await list()).length;
      const send = () =>
        fetch(`${url}/openai/v1/classifications`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${api.key}`,
            'content-type': 'application/json',
            'idempotency-key': 'shared',
          },
          body: JSON.stringify(BODY),
        });
      const calls = Promise.all(Array.from({ length: 8 }, send));
      await waitFor(async () => (await list()).length > before);
      // Until all of them wait, which nobody tells.
      await sleep(3_000);
      const { id } = await newest();
      const attempt = await claimJob(api, id);
      await finishJob(api, id, attempt, { error: { code: 'input-too-long', message: 'is too long' } });
      expect((await calls).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 400));
      expect((await list()).length).toBe(before + 1);
    });
  });

  it('is answered to who asks again while the first request hangs up', async () => {
    await withPatient(async (url) => {
      const before = await newest();
      const ask = (signal?: AbortSignal) =>
        fetch(`${url}/openai/v1/classifications`, {
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
    });
  });
});
