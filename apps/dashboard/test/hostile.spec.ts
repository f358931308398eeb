import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Job } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  type Page,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Opens a dialog wherever it is taken for markup, which is a fault of the visit. */
const SCRIPT = `<img src=x onerror=alert(1)><script>alert(2)</script>"'><svg/onload=alert(3)>`;
const LINK = 'javascript:alert(4)';
const COOKIE = 'heddle_session';
const TIMEOUT_MS = 300_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('whoever means harm', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  let server: Server;
  let evil = '';
  beforeAll(async () => {
    heddle = await startHeddle({
      env: { HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' },
    });
    client = new TestClient(heddle.url, heddle.key);
    dashboard = await startDashboard(heddle.url, chromium!);
    // As a webhook it answers with markup, as a page it posts to Heddle in the name of who looks at it.
    server = createServer((request, response) => {
      const [, kind, id] = request.url!.split('/');
      if (kind === 'hook') return void response.writeHead(500, { 'content-type': 'text/html' }).end(SCRIPT);
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<form method="post" enctype="text/plain" action="${heddle.url}/v1/jobs/${id}/cancel"></form><script>
        document.addEventListener('keydown', () => document.forms[0].submit());
        fetch('${heddle.url}/v1/jobs/${id}/cancel', { method: 'POST', mode: 'no-cors', credentials: 'include' })
          .finally(() => { document.title = 'tried'; });</script>`,
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    evil = `http://localhost:${(server.address() as AddressInfo).port}`;
  }, TIMEOUT_MS);
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await dashboard?.close();
    await heddle?.stop();
  });

  /** What the API answers a page that asks by itself, with the token of its session. */
  const ask = (page: Page, method: string, path: string, body?: unknown) =>
    page.evaluate<{ status: number; text: string }>(`(async () => {
      const { csrf_token } = await (await fetch('/v1/session')).json();
      const answer = await fetch(${JSON.stringify(path)}, { method: '${method}',
        headers: { 'x-csrf-token': csrf_token, 'content-type': 'application/json' },
        ${body === undefined ? '' : `body: ${JSON.stringify(JSON.stringify(body))}`} });
      return { status: answer.status, text: await answer.text() };
    })()`);
  const keyWith = async (scopes: string[]) =>
    (await client.request<{ secret: string }>('POST', '/v1/keys', { name: scopes.join(' '), scopes })).secret;

  it('puts script into names, texts and answers, and finds it shown as text', async () => {
    const job = await client.run({
      model: 'sentiment',
      inputs: [SCRIPT],
      metadata: { [SCRIPT.slice(0, 30)]: SCRIPT, link: LINK },
    });
    await client.run({
      model: 'nli',
      task: 'zero-shot-classification',
      inputs: [SCRIPT],
      parameters: { candidate_labels: [SCRIPT, LINK] },
    });
    await client.request('POST', '/v1/keys', { name: SCRIPT, scopes: ['read'] });
    await client.request('POST', '/v1/tenants', { slug: 'acme', name: SCRIPT });
    await client.request('POST', '/v1/models', { name: 'odd', description: SCRIPT });
    const webhook = await client.request<{ id: string }>('POST', '/v1/webhooks', {
      url: `${evil.replace('localhost', '127.0.0.1')}/hook`,
      events: ['*'],
      description: SCRIPT,
    });
    await client.request('POST', `/v1/webhooks/${webhook.id}/test`, {});
    await waitFor(async () => {
      const { data } = await client.request<{ data: { attempt_count: number }[] }>('GET', '/v1/deliveries');
      return data.some(({ attempt_count }) => attempt_count > 0);
    });
    const zeroShot = (await client.list('model=nli&limit=1')).data[0]!;
    const shown: Record<string, string> = {
      [`/jobs/${job.id}`]: SCRIPT,
      [`/jobs/${zeroShot.id}`]: LINK,
      '/jobs': job.id.slice(-6),
      '/keys': SCRIPT,
      '/tenants': SCRIPT,
      '/models/odd': SCRIPT,
      [`/webhooks/${webhook.id}`]: SCRIPT,
      [`/jobs?model=${encodeURIComponent(SCRIPT)}`]: 'Invalid query',
    };
    for (const [path, text] of Object.entries(shown)) {
      const expected = text === 'Invalid query' ? [/: 400/] : [];
      await dashboard.visit(path, { key: heddle.key, expected }, async (page) => {
        await page.locator('main').getByText(text).filter({ visible: true }).first().waitFor();
        await page.evaluate(
          "document.querySelectorAll('main details').forEach((one) => { one.open = true; })",
        );
        expect(await page.locator('main img[src="x"], main script, [href^="javascript:"]').count()).toBe(0);
      });
    }
  });

  it('makes another site post to the API, and changes nothing', async () => {
    await heddle.kill('worker');
    const job = await client.submit({ model: 'sentiment', inputs: ['Mine.'] });
    await dashboard.visit(`/jobs/${job.id}`, { key: heddle.key, expected: [/\/cancel/] }, async (page) => {
      await page.getByRole('button', { name: 'Cancel the job' }).waitFor();
      await page.goto(`${evil}/page/${job.id}`);
      await page.waitForFunction('document.title === "tried"');
      const posted = page.waitForResponse(
        (response) => response.request().isNavigationRequest() && response.request().method() === 'POST',
      );
      await page.keyboard.press('x');
      expect((await posted).status()).toBeGreaterThanOrEqual(400);
      await page.waitForURL(`${heddle.url}/**`);
    });
    const { status } = await client.get(job.id);
    await heddle.start('worker');
    expect(status).toBe('queued');
  });

  it('plants a cookie, which signing in replaces', () =>
    dashboard.visit('/', {}, async (page) => {
      const planted = 'A'.repeat(43);
      await page.context().addCookies([{ name: COOKIE, value: planted, url: heddle.url }]);
      await page.getByLabel('API key').fill(heddle.key);
      await page.keyboard.press('Enter');
      await page.locator('main#page').waitFor();
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ name: COOKIE, httpOnly: true, sameSite: 'Strict' });
      expect(cookie!.value).not.toBe(planted);
      expect(await page.evaluate('document.cookie')).toBe('');
    }));

  it('asks for what its key may not have, and is refused by the server', async () => {
    const { secret } = await client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'member',
      scopes: ['infer', 'read', 'manage'],
    });
    await dashboard.visit('/', { key: secret, expected: [/: 403/, /: 422/] }, async (page) => {
      for (const [method, path] of [
        ['GET', '/v1/tenants'],
        ['POST', '/v1/tenants'],
        ['GET', '/v1/workers'],
        ['GET', '/v1/stats?tenants=all'],
      ] as const) {
        const body = method === 'POST' ? { slug: 'mine', name: 'Mine' } : undefined;
        expect([path, (await ask(page, method, path, body)).status]).toEqual([path, 403]);
      }
      // More than the key has, and fields that are nobody's to set.
      const operator = { name: 'up', scopes: ['operate'] };
      expect((await ask(page, 'POST', '/v1/keys', operator)).status).toBe(403);
      for (const extra of [{ tenant: 'acme' }, { tenant_id: 1 }, { id: 'key_1' }, { prefix: 'hdl_0000' }])
        expect((await ask(page, 'POST', '/v1/keys', { name: 'x', scopes: ['read'], ...extra })).status).toBe(
          422,
        );
      const job = { model: 'sentiment', inputs: ['x'] };
      for (const extra of [{ status: 'succeeded' }, { tenant: 'acme' }, { results: [] }])
        expect((await ask(page, 'POST', '/v1/jobs', { ...job, ...extra })).status).toBe(422);
    });
    const { data } = await client.request<{ data: { slug: string }[] }>('GET', '/v1/tenants');
    expect(data.map(({ slug }) => slug)).not.toContain('mine');
  });

  it("looks for another tenant's jobs, and finds none", async () => {
    const job: Job = await client.run({ model: 'sentiment', inputs: ['Ours alone.'] });
    const { key } = await client.request<{ key: { secret: string } }>('POST', '/v1/tenants', {
      slug: 'other',
      name: 'Other',
    });
    await dashboard.visit(`/jobs/${job.id}`, { key: key.secret, expected: [/: 404/] }, async (page) => {
      await page.getByRole('alert').first().waitFor();
      expect(await page.locator('main').innerText()).not.toContain('Ours alone.');
    });
  });

  it('holds no session without its token', async () => {
    await dashboard.visit(
      '/',
      { key: await keyWith(['infer']), expected: [/v1\/jobs: 403/] },
      async (page) => {
        const status = await page.evaluate<number>(
          `fetch('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"sentiment","inputs":["x"]}' })
            .then(({ status }) => status)`,
        );
        expect(status).toBe(403);
      },
    );
  });

  it('is in a frame of another site no more than anywhere else', () =>
    dashboard.visit('/', { expected: [/frame-ancestors/, /ERR_BLOCKED/, /\/cancel/] }, async (page) => {
      await page.goto(`${evil}/frame/x`);
      await page.evaluate(`(() => {
        const frame = document.createElement('iframe');
        frame.src = '${heddle.url}/';
        document.body.append(frame);
        return new Promise((resolve) => { frame.onload = resolve; });
      })()`);
      expect(await page.frameLocator('iframe').getByLabel('API key').count()).toBe(0);
    }));

  // The last of them: no one can sign in from this address for a minute afterwards.
  it('guesses keys, and is stopped after ten of them', () =>
    dashboard.visit('/', { expected: [/session: 401/, /session: 429/] }, async (page) => {
      const button = page.getByRole('button', { name: 'Sign in' });
      for (let guess = 0; guess < 10; guess++) {
        await page.getByLabel('API key').fill(`hdl_${String(guess).repeat(36)}`);
        const answered = page.waitForResponse('**/v1/session');
        await button.click();
        expect((await answered).status()).toBe(401);
      }
      await page.getByLabel('API key').fill(heddle.key);
      await button.click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toMatch(/Too many .* Try again in \d+ s\./);
      expect(await page.context().cookies()).toEqual([]);
    }));
});
