import { type AuditEntry, newUuid, type Page, toPublicId, type Worker } from '@heddle/contracts';
import { testBeat } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const beat = async (own: Parameters<typeof testBeat>[0] = {}) => {
  const worker = testBeat(own);
  await api.store.workers.heartbeat(worker);
  return { worker, id: toPublicId('worker', worker.id) };
};
const get = async (id: string) => {
  const answer = await api.call('GET', `/v1/workers/${id}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Worker;
};

describe('GET /v1/workers', () => {
  it('shows what a worker tells', async () => {
    const { id } = await beat({
      host: 'w-3',
      device: 'cuda:0,1',
      threads: 8,
      build: '1.2.3',
      pool: 'gpu',
      inferenceProcesses: 2,
      memoryBudgetBytes: 8192,
      load: 0.25,
      jobsDone: 17,
      served: [api.versionId],
      loaded: { [api.versionId]: 4096, [newUuid()]: 1 },
    });
    expect(await get(id)).toEqual({
      id,
      object: 'worker',
      status: 'ready',
      host: 'w-3',
      pool: 'gpu',
      device: 'cuda:0,1',
      threads: 8,
      inference_processes: 2,
      memory_budget_bytes: 8192,
      load: 0.25,
      // A version that is no more is none that it holds.
      versions: [
        { version: toPublicId('version', api.versionId), model: 'm', state: 'loaded', rss_bytes: 4096 },
      ],
      jobs_running: 0,
      jobs_done: 17,
      started_at: expect.stringMatching(/Z$/),
      heartbeat_at: expect.stringMatching(/Z$/),
      drain_requested_at: null,
      build: '1.2.3',
    });
  });

  it('tells starting, draining and lost ones apart', async () => {
    const { id, worker } = await beat({ phase: 'starting' });
    expect((await get(id)).status).toBe('starting');
    await api.store.workers.heartbeat({ ...worker, phase: 'serving' });
    expect((await get(id)).status).toBe('ready');
    await api.store.workers.heartbeat({ ...worker, phase: 'draining' });
    expect((await get(id)).status).toBe('draining');
    await api.database.query(
      `UPDATE workers SET heartbeat_at = now() - interval '16 seconds' WHERE id = '${worker.id}'`,
    );
    expect((await get(id)).status).toBe('lost');
  });

  it('counts the jobs that a worker holds', async () => {
    const { id, worker } = await beat();
    const submitted = await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } });
    await claimJob(api, (submitted.body as { id: string }).id);
    await api.database.query(`UPDATE jobs SET worker_id = '${worker.id}' WHERE state = 'running'`);
    expect(await get(id)).toMatchObject({ status: 'busy', jobs_running: 1 });
  });

  it('pages through them, newest first', async () => {
    const older = await beat();
    const newer = await beat();
    const first = await api.call('GET', '/v1/workers?limit=1');
    const page = first.body as Page<Worker>;
    expect(page.data.map(({ id }) => id)).toEqual([newer.id]);
    expect(first.headers.get('link')).toContain('rel="next"');
    const next = await api.call('GET', `/v1/workers?limit=1&cursor=${page.next_cursor}`);
    expect((next.body as Page<Worker>).data.map(({ id }) => id)).toEqual([older.id]);
  });

  it.each([
    ['?cursor=x', 'invalid-cursor'],
    ['?limit=0', 'invalid-query'],
    ['?status=ready', 'invalid-query'],
  ])('refuses %s', async (query, code) => {
    const answer = await api.call('GET', `/v1/workers${query}`);
    expect([answer.status, problemIn(answer).code]).toEqual([400, code]);
  });
});

describe('POST /v1/workers/{id}/drain', () => {
  const drain = (id: string, body?: unknown) =>
    api.call('POST', `/v1/workers/${id}/drain`, body === undefined ? {} : { body });

  it('tells the worker with its next heartbeat, and is written down once', async () => {
    const { id, worker } = await beat();
    expect(await api.store.workers.heartbeat(worker)).toEqual({ drain: false });
    const answer = await drain(id);
    const { drain_requested_at: at } = answer.body as Worker;
    expect([answer.status, answer.body]).toMatchObject([202, { status: 'draining' }]);
    expect(at).toMatch(/Z$/);
    expect(await api.store.workers.heartbeat(worker)).toEqual({ drain: true });
    expect([(await drain(id, {})).status, (await get(id)).drain_requested_at]).toEqual([202, at]);

    const log = (await api.call('GET', `/v1/audit?object=${id}`)).body as Page<AuditEntry>;
    expect(log.data).toMatchObject([
      {
        action: 'worker.drain',
        tenant: 'acme',
        before: { drain_requested_at: null },
        after: { drain_requested_at: at },
      },
    ]);
  });

  it('takes no fields', async () => {
    const { id, worker } = await beat();
    const answer = await drain(id, { now: true });
    expect([answer.status, problemIn(answer).errors]).toMatchObject([422, [{ pointer: '/now' }]]);
    expect(await api.store.workers.heartbeat(worker)).toEqual({ drain: false });
  });
});

describe('every route', () => {
  const unknown = toPublicId('worker', newUuid());
  it.each([
    ['GET', ''],
    ['GET', `/${unknown}`],
    ['POST', `/${unknown}/drain`],
  ])('%s /v1/workers%s asks for a key with the scope operate', async (method, path) => {
    const key = await api.keyWith(['infer', 'read', 'manage']);
    const answer = await api.call(method, `/v1/workers${path}`, { key });
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      { code: 'forbidden', required_scope: 'operate' },
    ]);
    expect((await api.call(method, `/v1/workers${path}`, { key: null })).status).toBe(401);
  });

  it.each([
    ['GET', `/${unknown}`],
    ['GET', '/wrk_x'],
    ['GET', `/${toPublicId('job', newUuid())}`],
    ['POST', `/${unknown}/drain`],
    ['POST', '/%00/drain'],
  ])('%s /v1/workers%s finds nothing', async (method, path) => {
    const answer = await api.call(method, `/v1/workers${path}`);
    expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found']);
  });
});
