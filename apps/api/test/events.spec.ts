import { setTimeout as sleep } from 'node:timers/promises';
import { fromPublicId, type Job } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamTokens } from '../src/http/stream-token.js';
import { claimJob, finishJob, problemIn, startApi, type TestApi, WORKER } from './api.js';
import { openSse, type SseEvent } from './sse.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const submit = async (inputs: unknown[] = ['x', 'y']) =>
  ((await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs } })).body as Job).id;
const path = (id: string) => `/v1/jobs/${id}/events`;
const open = (id: string, query = '', headers: Record<string, string> = {}) =>
  openSse(api.url + path(id) + query, { authorization: `Bearer ${api.key}`, ...headers });
const eventsOf = async (id: string, query = '', headers = {}) => (await open(id, query, headers)).rest();
const names = (events: SseEvent[]) =>
  events.map(({ id, event, data }) => `${id} ${event === 'status' ? (data as Job).status : event}`);
async function ended(inputs?: unknown[]): Promise<string> {
  const id = await submit(inputs);
  await finishJob(api, id, await claimJob(api, id), { items: inputs?.length ?? 2 });
  return id;
}

describe('the stream of a job', () => {
  it('tells of each change as it happens, and ends with the job', async () => {
    const id = await submit();
    const stream = await open(id);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(stream.headers.get('cache-control')).toBe('no-store');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    const queued = await stream.next();
    expect(queued).toMatchObject({
      id: '1',
      event: 'status',
      data: { id, status: 'queued', sequence: 1, attempts: 0 },
    });
    const attempt = await claimJob(api, id);
    expect(await stream.next()).toMatchObject({
      id: '2',
      data: { id, status: 'running', sequence: 2, attempts: 1 },
    });
    await finishJob(api, id, attempt, { items: 2 });
    const [status, done, ...more] = await stream.rest();
    expect(more).toEqual([]);
    expect(status).toMatchObject({
      id: '5',
      event: 'status',
      data: { id, status: 'succeeded', sequence: 3, attempts: 1 },
    });
    const job = (await api.call('GET', `/v1/jobs/${id}`)).body as Job;
    expect(done).toEqual({ id: '6', event: 'done', data: job });
    expect((queued!.data as { at: string }).at).toBe(job.created_at);
    expect((status!.data as { at: string }).at).toBe(job.completed_at);
    expect(stream.text().startsWith('retry: 2000\n\n')).toBe(true);
  });

  it('tells of jobs that are canceled, given back, or have results and progress', async () => {
    const canceled = await submit();
    const stream = await open(canceled);
    await stream.next();
    await api.call('POST', `/v1/jobs/${canceled}/cancel`);
    expect(names(await stream.rest())).toEqual(['2 canceled', '3 done']);

    const twice = await submit(['x']);
    const first = await claimJob(api, twice);
    await api.store.jobs.giveBack(
      [{ id: fromPublicId('job', twice)!, attempt: first }],
      'drained',
      WORKER.id,
    );
    await finishJob(api, twice, await claimJob(api, twice));
    expect(names(await eventsOf(twice))).toEqual([
      '1 queued',
      '2 running',
      '3 queued',
      '4 running',
      '6 succeeded',
      '7 done',
    ]);

    const many = await ended(Array(101).fill('x'));
    const all = await eventsOf(many, '?results=true');
    expect(all.map(({ id }) => Number(id))).toEqual(Array.from({ length: 106 }, (_, i) => i + 1));
    expect(names(all).slice(-3)).toEqual(['104 progress', '105 succeeded', '106 done']);
    expect(all.at(-3)!.data).toEqual({ done: 101, total: 101 });
    const { results } = all.at(-1)!.data as Job;
    expect(all.slice(2, -3).map(({ data }) => data)).toEqual(results);
    expect(names(await eventsOf(many, '?results=false'))).toEqual(
      names(all.filter((e) => e.event !== 'result')),
    );
  });

  it('goes on after every event, by header and by query, and has nothing after the last', async () => {
    const id = await ended();
    const all = await eventsOf(id, '?results=true');
    expect(names(all)).toEqual(['1 queued', '2 running', '3 result', '4 result', '5 succeeded', '6 done']);
    for (let last = 1; last < all.length; last++) {
      const headers = { 'last-event-id': String(last) };
      expect(await eventsOf(id, '?results=true', headers)).toEqual(all.slice(last));
      expect(await eventsOf(id, `?results=true&last_event_id=${last}`)).toEqual(all.slice(last));
      // A browser that comes again has both: the header is the newer one.
      expect(await eventsOf(id, '?results=true&last_event_id=1', headers)).toEqual(all.slice(last));
    }
    for (const answer of [
      await api.call('GET', path(id), { headers: { 'last-event-id': '6' } }),
      await api.call('GET', `${path(id)}?last_event_id=6&results=true`),
    ])
      expect([answer.status, answer.text]).toEqual([204, '']);
  });

  it.each(['0', '7', '-1', '1.5', '1e0', '01', 'x', '', '99999999999999999999', '%00', '%F0%9F%98%80'])(
    'begins at the beginning after the garbage %s',
    async (garbage) => {
      const id = await ended();
      expect(await eventsOf(id, `?last_event_id=${garbage}`)).toHaveLength(4);
      const headers = { 'last-event-id': decodeURIComponent(garbage).replace(/[^\x20-\x7e]/g, '?') };
      expect(await eventsOf(id, '', headers)).toHaveLength(4);
    },
  );

  it('of an unfinished job takes the number of what has not happened for garbage', async () => {
    const id = await submit();
    const stream = await open(id, '?last_event_id=2');
    expect((await stream.next())!.id).toBe('1');
    stream.close();
  });

  it('has no results an hour after the end, nor after a purge, but the same numbers', async () => {
    const id = await ended();
    const all = names(await eventsOf(id));
    await api.call('POST', `/v1/jobs/${id}/purge`);
    const purged = await eventsOf(id, '?results=true');
    expect(names(purged)).toEqual(all);
    expect(purged.at(-1)!.data).toMatchObject({ inputs: null, results: null, data_removed: true });
    const old = await ended();
    await api.database.query(
      `UPDATE jobs SET completed_at = now() - interval '61 minutes' WHERE id = '${fromPublicId('job', old)}'`,
    );
    expect(names(await eventsOf(old, '?results=true'))).toEqual(all);
  });

  it('has a comment where nothing happens', { timeout: 30_000 }, async () => {
    const stream = await open(await submit());
    await stream.next();
    const next = stream.next().catch(() => null);
    await sleep(16_000);
    expect(stream.text().match(/^: keep-alive$/gm)).toHaveLength(1);
    stream.close();
    await next;
  });
});

describe('the route of events', () => {
  it('answers 404 for what is not the tenant’s as for what there is not', async () => {
    const id = await submit();
    const unknown = `job_${'0'.repeat(26)}`;
    const options = { key: api.strangerKey, headers: { 'x-request-id': 'same' } };
    const strange = await api.call('GET', path(id), options);
    const missing = await api.call('GET', path(unknown), options);
    expect(strange.status).toBe(404);
    expect(strange.text.replaceAll(id, unknown)).toBe(missing.text);
    expect((await api.call('GET', path('x'))).status).toBe(404);
  });

  it.each([
    ['application/json', 406],
    ['text/event-stream;q=0, */*', 406],
    ['text/html, */*;q=0.1', 200],
    ['text/*', 200],
    ['TEXT/EVENT-STREAM; charset=utf-8', 200],
  ])('answers Accept: %s with %i', async (accept, status) => {
    const answer = await api.call('GET', path(await ended()), { headers: { accept } });
    expect(answer.status).toBe(status);
    if (status === 406) expect(problemIn(answer).code).toBe('not-acceptable');
  });

  it.each([
    ['results=yes', '?results'],
    ['results=true&results=true', '?results'],
    ['last_event_id=1&last_event_id=2', '?last_event_id'],
    ['colour=red', '?colour'],
  ])('refuses ?%s', async (query, pointer) => {
    const problem = problemIn(await api.call('GET', `${path(await ended())}?${query}`));
    expect([problem.code, problem.errors!.map((error) => error.pointer)]).toEqual([
      'invalid-query',
      [pointer],
    ]);
  });

  it('wants a key that may read, and GET', async () => {
    const id = await ended();
    expect((await api.call('GET', path(id), { key: null })).status).toBe(401);
    expect((await api.call('GET', path(id), { key: await api.keyWith(['operate']) })).status).toBe(403);
    expect((await api.call('GET', path(id), { key: await api.keyWith(['read']) })).status).toBe(200);
    const posted = await api.call('POST', path(id));
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await api.call('HEAD', path(await submit()));
    expect([head.status, head.headers.get('content-type'), head.text]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
  });
});

describe('stream tokens', () => {
  const withToken = async (id: string, include = 'stream_token') =>
    (await api.call('GET', `/v1/jobs/${id}?include=${include}`)).body as Job;

  it('open the events of their job, and nothing else', async () => {
    const [id, other] = [await ended(), await ended()];
    const job = await withToken(id);
    const { events } = job.urls;
    expect(events).toMatch(/^\/v1\/jobs\/job_[0-9a-z]{26}\/events\?token=[\w-]+$/);
    const stream = await openSse(api.url + events, {});
    expect(names(await stream.rest())).toEqual(names(await eventsOf(id)));
    const token = events.split('=')[1]!;
    for (const wrong of [
      `${path(other)}?token=${token}`,
      `${path(id)}?token=${token.slice(0, -2)}AA`,
      `${path(id)}?token=${token}&token=${token}`,
      `${path(id)}?token=`,
      `/v1/jobs/${id}?token=${token}`,
      `/v1/jobs?token=${token}`,
    ]) {
      const answer = await api.call('GET', wrong, { key: null });
      expect([answer.status, problemIn(answer).code], wrong).toEqual([401, 'unauthorized']);
    }
    const canceled = await api.call('POST', `/v1/jobs/${id}/cancel?token=${token}`, { key: null });
    expect(canceled.status).toBe(401);
    // Who sends a key is who they say.
    const strange = await api.call('GET', events, { key: api.strangerKey });
    expect(strange.status).toBe(404);
    expect(api.logs()).not.toContain(token);
  });

  it('are over after ten minutes', async () => {
    const id = await ended();
    const tokens = new StreamTokens(await api.store.secrets.ensure('stream-token'));
    const [key] = await api.database.query<{ id: string }>(
      `SELECT id FROM api_keys WHERE tenant_id = '${api.tenantId}' LIMIT 1`,
    );
    const open = async (ageS: number) => {
      const token = tokens.issue(key!.id, fromPublicId('job', id)!, Date.now() - ageS * 1_000);
      return (await api.call('HEAD', `${path(id)}?token=${token}`, { key: null })).status;
    };
    expect([await open(0), await open(590), await open(600)]).toEqual([200, 200, 401]);
  });

  it('come with what else is included', async () => {
    const id = await ended();
    for (const include of ['stream_token', 'stream_token,input,output'])
      expect(await withToken(id, include)).toMatchObject({
        inputs: ['x', 'y'],
        results: expect.any(Array),
        urls: { events: expect.stringContaining('?token=') },
      });
    const light = await withToken(id, 'none,stream_token');
    expect(light.urls.events).toContain('?token=');
    for (const part of ['inputs', 'results']) expect(light).not.toHaveProperty(part);
    const half = await withToken(id, 'input,stream_token');
    expect(half).toMatchObject({ inputs: ['x', 'y'] });
    expect(half).not.toHaveProperty('results');
    for (const wrong of ['none,input', 'stream_token,none', 'token', 'input,none'])
      expect((await api.call('GET', `/v1/jobs/${id}?include=${wrong}`)).status).toBe(400);
    expect((await api.call('GET', '/v1/jobs?include=stream_token')).status).toBe(400);
  });
});
