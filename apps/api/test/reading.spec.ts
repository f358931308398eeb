import type { Job, Model, Page } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
const ids: string[] = [];
beforeAll(async () => {
  api = await startApi();
  for (let i = 0; i < 7; i++) {
    const body = { model: i < 2 ? 'ner' : 'm', inputs: [`text ${i}`], metadata: { n: String(i) } };
    ids.push(((await api.call('POST', '/v1/jobs', { body })).body as Job).id);
  }
});
afterAll(() => api.stop());

const list = async (query: string) => (await api.call('GET', `/v1/jobs?${query}`)).body as Page<Job>;

describe('lists', () => {
  it('page through everything, newest first, by cursor and by link', async () => {
    const seen: string[] = [];
    let path: string | null = '/v1/jobs?limit=3';
    while (path) {
      const answer = await api.call('GET', path);
      const page = answer.body as Page<Job>;
      seen.push(...page.data.map((job) => job.id));
      path = /<(.+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
      expect(path === null).toBe(page.next_cursor === null);
    }
    expect(seen).toEqual([...ids].reverse());
  });

  it('go on with their cursor however the query is spelled', async () => {
    const first = await list(
      'limit=1&model=m&status=queued&status=running&metadata[n]=3&created_after=2000-01-01T00:00:00Z&created_before=2100-01-01T00:00:00Z',
    );
    expect(first.data).toHaveLength(1);
    const all = await list('limit=2&model=m&status=queued&status=running&created_after=2000-01-01T00:00:00Z');
    const { next_cursor: cursor } = all;
    const spelled = `created_after=2000-01-01T00:00:00Z&status=running&status=queued&cursor=${cursor}&model=m&limit=2`;
    expect((await list(spelled)).data).toHaveLength(2);
    for (const other of [spelled.replace('2000', '2001'), spelled.replace('status=running&', '')]) {
      const answer = await api.call('GET', `/v1/jobs?${other}`);
      expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-cursor']);
    }
  });

  it('leave texts and results out unless asked', async () => {
    const [plain] = (await list('limit=1')).data;
    expect(plain).not.toHaveProperty('inputs');
    expect(plain).not.toHaveProperty('results');
    const [full] = (await list('limit=1&include=input,output')).data;
    expect(full).toMatchObject({ inputs: ['text 6'], results: null });
  });

  it('filter', async () => {
    expect((await list('model=ner')).data).toHaveLength(2);
    expect((await list('task=token-classification')).data).toHaveLength(2);
    expect((await list('status=queued&status=running')).data).toHaveLength(7);
    expect((await list('status=failed')).data).toHaveLength(0);
    expect((await list(`metadata[n]=3`)).data.map((job) => job.id)).toEqual([ids[3]]);
    expect((await list('created_after=2100-01-01T00:00:00Z')).data).toHaveLength(0);
    expect((await list('created_before=2100-01-01T00:00:00Z')).data).toHaveLength(7);
    expect((await list('source=native')).data).toHaveLength(7);
    expect((await list('source=openai')).data).toHaveLength(0);
    expect((await list('batch=bat_00000000000000000000000000')).data).toHaveLength(0);
    const [newest] = (await list('limit=1')).data;
    expect((await list(`created_before=${newest!.created_at}`)).data.length).toBeGreaterThanOrEqual(5);
    expect((await list(`created_after=${newest!.created_at}`)).data.length).toBeLessThanOrEqual(1);
    expect((await list('version=ver_00000000000000000000000000')).data).toHaveLength(0);
  });

  it.each([
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['limit=1e1', '?limit'],
    ['status=done', '?status'],
    ['task=poetry', '?task'],
    ['source=fax', '?source'],
    ['source=native&source=tei', '?source'],
    ['batch=a&batch=b', '?batch'],
    ['colour=red', '?colour'],
    ['created_after=yesterday', '?created_after'],
    ['created_after=2026-02-30T00:00:00Z', '?created_after'],
    ['created_after=2026-00-10T00:00:00Z', '?created_after'],
    ['created_before=2026-02-29T00:00:00Z', '?created_before'],
    ['created_before=2026-04-31T00:00:00%2B01:00', '?created_before'],
    ['created_before=2026-01-01T24:00:00Z', '?created_before'],
    ['include=everything', '?include'],
    ['limit=1&limit=2', '?limit'],
    ['cursor=a&cursor=b', '?cursor'],
    ['include=input&include=output', '?include'],
    ['model=m&model=ner', '?model'],
    ['task=embed&task=score', '?task'],
    ['metadata[n]=1&metadata[n]=2', '?metadata[n]'],
    ['created_after=2026-01-01T00:00:00Z&created_after=2026-01-02T00:00:00Z', '?created_after'],
    ['model=%27%20OR%201=1--', '?model'],
    ['metadata[n]=%00', '?metadata[n]'],
    ['__proto__=1', '?__proto__'],
  ])('refuse %s', async (query, pointer) => {
    const answer = await api.call('GET', `/v1/jobs?${query}`);
    const problem = problemIn(answer);
    expect([answer.status, problem.code]).toEqual([400, 'invalid-query']);
    expect(problem.errors!.map((error) => error.pointer)).toEqual([pointer]);
  });

  it.each([
    '2024-02-29T23:59:59Z',
    '0000-01-01T00:00:00%2B14:00',
    '9999-12-31T23:59:59-14:00',
    '2026-12-31T23:30:00.123456789-01:00',
  ])('take the time %s', async (time) => {
    expect((await api.call('GET', `/v1/jobs?created_after=${time}`)).status).toBe(200);
  });

  it.each([
    ['/v1/models?limit=1&limit=2', '?limit'],
    ['/v1/models?task=embed&task=score', '?task'],
    ['/v1/files?purpose=model&purpose=model', '?purpose'],
    ['/v1/files?cursor=a&cursor=b', '?cursor'],
    ['/v1/models/m/versions?limit=1&limit=1', '?limit'],
    ['/v1/models/m?x=1', '?x'],
    ['/v1/me?x=1', '?x'],
    ['/v1/limits?x=1', '?x'],
  ])('everywhere refuse %s', async (path, pointer) => {
    const answer = await api.call('GET', path);
    const problem = problemIn(answer);
    expect([answer.status, problem.code]).toEqual([400, 'invalid-query']);
    expect(problem.errors!.map((error) => error.pointer)).toEqual([pointer]);
  });

  it('refuse cursors that were made up, changed, or of another list', async () => {
    const { next_cursor: cursor } = await list('limit=1');
    const changed = cursor!.slice(0, 9) + (cursor![9] === 'A' ? 'B' : 'A') + cursor!.slice(10);
    for (const query of [
      `cursor=x`,
      'cursor=',
      `cursor=${changed}`,
      `cursor=${cursor}x`,
      `cursor=${cursor}&model=m`,
    ]) {
      const answer = await api.call('GET', `/v1/jobs?${query}`);
      expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-cursor']);
    }
    const strangers = await api.call('GET', `/v1/jobs?cursor=${cursor}`, { key: api.strangerKey });
    expect(strangers.status).toBe(400);
    expect((await api.call('GET', `/v1/jobs?cursor=${cursor}`)).status).toBe(200);
  });
});

describe('single objects', () => {
  it('a job, in parts', async () => {
    const path = `/v1/jobs/${ids[0]}`;
    expect((await api.call('GET', path)).body).toMatchObject({ inputs: ['text 0'], results: null });
    const light = (await api.call('GET', `${path}?include=none`)).body;
    expect(light).not.toHaveProperty('inputs');
    expect(light).not.toHaveProperty('results');
    expect((await api.call('GET', `${path}?include=all`)).status).toBe(400);
    expect((await api.call('GET', `${path}?include=input&include=input`)).status).toBe(400);
    expect((await api.call('GET', `${path}?x=1`)).status).toBe(400);
  });

  it('cancels, again and again', async () => {
    const path = `/v1/jobs/${ids[1]}/cancel`;
    const first = await api.call('POST', path, { headers: { 'content-type': 'application/json' } });
    expect([first.status, (first.body as Job).status]).toEqual([200, 'canceled']);
    const again = await api.call('POST', path);
    expect(again.body).toEqual(first.body);
  });

  it('cancels nothing for a body with fields', async () => {
    const answer = await api.call('POST', `/v1/jobs/${ids[2]}/cancel`, { body: { force: true } });
    expect([answer.status, problemIn(answer).errors?.[0]?.pointer]).toEqual([422, '/force']);
    expect((await api.call('GET', `/v1/jobs/${ids[2]}`)).body).toMatchObject({ status: 'queued' });
  });

  it('models, by name and by id', async () => {
    const { data, next_cursor } = (await api.call('GET', '/v1/models')).body as Page<Model>;
    expect(next_cursor).toBeNull();
    expect(data.map((model) => model.name)).toEqual(['ner', 'm']);
    const [, m] = data;
    expect(m).toMatchObject({
      object: 'model',
      owner: 'library',
      latest_version: 1,
      tasks: ['text-classification', 'zero-shot-classification'],
    });
    expect(m!.aliases.production).toMatch(/^ver_/);
    expect((await api.call('GET', '/v1/models/m')).body).toEqual(m);
    expect((await api.call('GET', `/v1/models/${m!.id}`)).body).toEqual(m);
    const filtered = (await api.call('GET', '/v1/models?task=token-classification')).body as Page<Model>;
    expect(filtered.data.map((model) => model.name)).toEqual(['ner']);
    for (const path of ['/v1/models/nothing', '/v1/models/M', '/v1/models/mdl_0']) {
      expect((await api.call('GET', path)).status).toBe(404);
    }
    expect((await api.call('GET', '/v1/models?task=poetry')).status).toBe(400);
    expect((await api.call('GET', '/v1/models?x=1')).status).toBe(400);
  });

  it('models, in pages', async () => {
    const first = await api.call('GET', '/v1/models?limit=1');
    const { data, next_cursor: cursor } = first.body as Page<Model>;
    expect(data.map((model) => model.name)).toEqual(['ner']);
    expect(first.headers.get('link')).toBe(`</v1/models?limit=1&cursor=${cursor}>; rel="next"`);
    const second = (await api.call('GET', `/v1/models?limit=1&cursor=${cursor}`)).body as Page<Model>;
    expect(second.data.map((model) => model.name)).toEqual(['m']);
    expect(second.next_cursor).toBeNull();
    const foreign = await api.call('GET', `/v1/models?cursor=${cursor}&task=text-classification`);
    expect([foreign.status, problemIn(foreign).code]).toEqual([400, 'invalid-cursor']);
    expect((await api.call('GET', '/v1/models?limit=0')).status).toBe(400);
  });

  it('who one is, and the limits', async () => {
    expect((await api.call('GET', '/v1/me')).body).toMatchObject({
      tenant: { slug: 'acme' },
      key: { name: 'all' },
    });
    expect((await api.call('GET', '/v1/limits')).body).toMatchObject({
      max_inputs_per_job: 1000,
      max_wait_s: 60,
    });
  });
});
