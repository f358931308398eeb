import type { Page as ListPage, Queue, Worker } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  screenFaults,
  startDashboard,
  startHeddle,
  startRedis,
  TestClient,
  type TestDashboard,
  type TestHeddle,
  type TestRedis,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TIMEOUT_MS = 300_000;
/** A busy machine is no failure. */
const PATIENCE = { timeoutMs: 120_000 };
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('operating', { timeout: TIMEOUT_MS }, () => {
  let redis: TestRedis;
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  beforeAll(async () => {
    redis = await startRedis();
    heddle = await startHeddle({ redisUrl: redis.url });
    client = new TestClient(heddle.url, heddle.key);
    dashboard = await startDashboard(heddle.url, chromium!);
  });
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
    await redis?.stop();
  });

  it('a queue is paused and resumed, with the keyboard alone', async () => {
    const { data } = await client.request<ListPage<Queue>>('GET', '/v1/queues');
    const queue = data.find(({ model }) => model === 'sentiment')!;
    await dashboard.visit('/queues', { key: heddle.key }, async (page) => {
      const row = page.getByRole('row', { name: /^sentiment@/ });
      await row.getByText('of 1 desired').waitFor();
      expect(await screenFaults(page)).toEqual([]);

      // The question holds the focus, and gives it back.
      const pause = row.getByRole('button', { name: 'Pause' });
      await pause.focus();
      await page.keyboard.press('Enter');
      const question = page.getByRole('dialog', { name: `Pause sentiment@${queue.version_number}?` });
      await question.waitFor();
      for (let pressed = 0; pressed < 6; pressed++) {
        await page.keyboard.press('Tab');
        expect(await question.locator(':focus').count()).toBe(1);
      }
      expect(await screenFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      await row.locator('button:focus', { hasText: 'Pause' }).waitFor();

      await page.keyboard.press('Enter');
      await question.getByRole('button', { name: 'Pause' }).press('Enter');
      await row.getByText('paused').waitFor();
      const { id } = await client.submit({ model: 'sentiment', inputs: ['It waits.'] });
      await row.getByRole('cell', { name: '1', exact: true }).first().waitFor();
      expect((await client.get(id)).status).toBe('queued');
      expect(await screenFaults(page)).toEqual([]);

      await row.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
      await row.getByText('paused').waitFor({ state: 'detached' });
      await waitFor(async () => (await client.get(id)).status === 'succeeded', PATIENCE);
    });
  });

  it('a worker is drained, and the others go on', async () => {
    await heddle.start('worker 2');
    const workers = async () => (await client.request<ListPage<Worker>>('GET', '/v1/workers')).data;
    const [first] = (await waitFor(async () => {
      const ready = (await workers()).filter(({ status }) => status === 'ready');
      return ready.length === 2 ? ready : null;
    }, PATIENCE))!;
    await dashboard.visit('/workers', { key: heddle.key }, async (page) => {
      const cards = page.getByRole('article');
      await cards.nth(1).waitFor();
      const text = await cards.filter({ has: page.locator(`[title="${first!.id}"]`) }).innerText();
      for (const part of [first!.host, first!.device, 'ready', ...first!.versions.map(({ model }) => model)])
        expect(text).toContain(part);
      expect(await page.getByText('2 of 2').count()).toBe(1);
      expect(await screenFaults(page)).toEqual([]);

      const card = cards.filter({ has: page.locator(`[title="${first!.id}"]`) });
      await card.getByRole('button', { name: 'Drain' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByText('1 of').waitFor();
    });
    const ended = () =>
      (['worker', 'worker 2'] as const).filter((name) => heddle.process(name).exitCode !== null);
    await waitFor(() => ended().length > 0, PATIENCE);
    expect((await client.run({ model: 'sentiment', inputs: ['Still here.'] })).status).toBe('succeeded');
    expect(ended().length).toBe(1);
  });

  it('shows the dispatch window in bull-board, to look at', async () => {
    const { data } = await client.request<ListPage<Queue>>('GET', '/v1/queues');
    const [{ id, model, version_number }] = data as [Queue];
    await dashboard.visit('/queues', { key: heddle.key, expected: [/pause: 404/] }, async (page) => {
      await page.getByRole('link', { name: /bull-board/ }).click();
      await page.getByText(`${model}@${version_number}`).first().waitFor();
      const paused = await page.evaluate<number>(
        `fetch('/bull-board/api/queues/' + encodeURIComponent('${model}@${version_number} ${id}') + '/pause', { method: 'PUT' }).then(({ status }) => status)`,
      );
      expect(paused).toBe(404);
    });
  });

  it('is not for who may only read', async () => {
    const { secret } = await client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reader',
      scopes: ['read'],
    });
    const shown: Record<string, RegExp> = {
      '/queues': /^(Pause|Resume)$/,
      '/batches': /^(Run|More options)$/,
      '/webhooks': /^New endpoint$/,
    };
    for (const [path, name] of Object.entries(shown))
      await dashboard.visit(path, { key: secret }, async (page) => {
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.getByRole('status').first().waitFor({ state: 'detached' });
        expect(await page.locator('main').getByRole('button', { name }).count()).toBe(0);
      });
    await dashboard.visit('/queues', { key: secret, expected: [/: 403/] }, async (page) => {
      const { data } = await client.request<ListPage<Queue>>('GET', '/v1/queues');
      const [{ id: worker }] = (await client.request<ListPage<Worker>>('GET', '/v1/workers')).data as [
        Worker,
      ];
      const writes = [
        `/v1/queues/${data[0]!.id}/pause`,
        `/v1/workers/${worker}/drain`,
        '/v1/jobs',
        '/v1/batches',
        '/v1/webhooks',
        '/v1/keys',
        '/v1/tenants',
        '/v1/models',
        '/v1/evaluations',
      ];
      expect(await page.evaluate("fetch('/bull-board/').then(({ status }) => status)")).toBe(403);
      const answers = await page.evaluate<number[]>(`(async () => {
        const { csrf_token } = await (await fetch('/v1/session')).json();
        const headers = { 'x-csrf-token': csrf_token, 'content-type': 'application/json' };
        const post = (path) => fetch(path, { method: 'POST', headers, body: '{}' });
        return Promise.all(${JSON.stringify(writes)}.map(async (path) => (await post(path)).status));
      })()`);
      expect(answers).toEqual(writes.map(() => 403));
    });
    const { data } = await client.request<ListPage<Queue>>('GET', '/v1/queues');
    expect(data.filter(({ paused }) => paused)).toEqual([]);
  });
});
