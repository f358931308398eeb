import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const ask = (path: string, { method = 'GET', key = api.key }: { method?: string; key?: string } = {}) =>
  fetch(`${api.url}/bull-board/${path}`, { method, headers: { authorization: `Bearer ${key}` } });

it('shows the part of the window that each version has, to look at', async () => {
  const answer = await ask('api/queues');
  expect(answer.status).toBe(200);
  const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
  expect(queues.map(({ name }) => name.split(' ')[0]).sort()).toEqual(['m@1', 'ner@1']);
  expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  const name = encodeURIComponent(queues[0]!.name);
  expect((await ask(`api/queues/${name}/workers`)).status).toBe(200);
  for (const action of ['pause', 'resume', 'empty', 'obliterate', 'promote', 'add', 'clean/completed'])
    for (const method of ['PUT', 'POST'])
      expect([action, (await ask(`api/queues/${name}/${action}`, { method })).status]).toEqual([action, 404]);
});

it('is a page that loads from this server alone', async () => {
  const page = await ask('');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/);
  const html = await page.text();
  expect(html).not.toMatch(/https?:\/\/|<script>|style=/);
  const files = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path!);
  expect(files.length).toBeGreaterThan(2);
  for (const path of files) expect((await ask(path)).status).toBe(200);
  expect(await (await ask('queue/any/job')).text()).toBe(html);
});

it.each([
  'static/..%2findex.ejs',
  'static/nothing.js',
  'static/',
  'api/nothing',
  'api/queues/none/workers',
  'api/queues?activeQueue=%25',
])('has nothing at %s', async (path) => {
  expect((await ask(path)).status).toBe(404);
});

it('is for operators', async () => {
  const path = 'api/queues';
  expect((await fetch(`${api.url}/bull-board/${path}`)).status).toBe(401);
  expect((await ask(path, { key: api.strangerKey })).status).toBe(403);
  expect((await ask(path, { key: await api.keyWith(['infer', 'read', 'manage']) })).status).toBe(403);
  expect((await ask(path, { key: await api.keyWith(['operate']) })).status).toBe(200);
});
