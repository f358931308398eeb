import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Job } from '@heddle/contracts';
import { chromiumPathIfAny, createTestFolder, startBrowser, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';

const chromium = await chromiumPathIfAny();
let api: TestApi;
let folder: string;
beforeAll(async () => {
  folder = await createTestFolder('heddle-test-dashboard-');
  await mkdir(join(folder, 'assets'));
  const page = `<!doctype html><link rel="icon" href="data:,"><body><script>window.inline = true</script>
<script type="module" src="/assets/page.js"></script>`;
  await writeFile(join(folder, 'index.html'), page);
  await writeFile(join(folder, 'assets/page.js'), SCRIPT);
  api = await startApi({ HEDDLE_DASHBOARD_DIR: folder });
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

/** What a dashboard does; `window.seen` is what came of it. */
const SCRIPT = `
window.signIn = async (key) => {
  const seen = (window.seen = {});
  const json = { 'content-type': 'application/json' };
  const made = await fetch('/v1/session', { method: 'POST', headers: json, body: JSON.stringify({ key }) });
  const { csrf_token } = await made.json();
  seen.cookie = document.cookie;
  seen.inline = window.inline ?? false;
  document.body.style.color = 'rgb(1, 2, 3)';
  seen.color = getComputedStyle(document.body).color;
  const body = JSON.stringify({ model: 'm', inputs: ['x'] });
  seen.without = (await fetch('/v1/jobs', { method: 'POST', headers: json, body })).status;
  const job = await (await fetch('/v1/jobs', { method: 'POST', headers: { ...json, 'x-csrf-token': csrf_token }, body })).json();
  const events = new EventSource(job.urls.events);
  seen.event = await new Promise((resolve) => events.addEventListener('status', (event) => resolve(JSON.parse(event.data).status)));
  events.close();
  seen.id = job.id;
};`;

it.runIf(chromium)(
  'a browser signs in, sends its cookie to its own pages alone, and shows it to no script',
  { timeout: 180_000 },
  async () => {
    const browser = await startBrowser(chromium!);
    const evil = createServer(
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    evil.listen(0, '127.0.0.1');
    await once(evil, 'listening');
    try {
      await browser.open(`${api.url}/jobs`);
      await waitFor(() => browser.evaluate<boolean>('"signIn" in window'), { timeoutMs: 60_000 });
      await browser.evaluate(`void window.signIn('${api.key}')`);
      const seen = () => browser.evaluate<Record<string, string>>('window.seen');
      await waitFor(async () => 'id' in (await seen()), { timeoutMs: 60_000 });
      const { id, ...rest } = await seen();
      expect(rest).toEqual({
        cookie: '',
        inline: false,
        color: 'rgb(1, 2, 3)',
        without: 403,
        event: 'queued',
      });

      // Another site, where somebody who is signed in has come by.
      await browser.open(`http://localhost:${(evil.address() as AddressInfo).port}/`);
      const tried = `fetch('${api.url}/v1/jobs/${id}/cancel', { method: 'POST', mode: 'no-cors', credentials: 'include' })
        .then(() => { window.tried = true; })`;
      await browser.evaluate(`void ${tried}`);
      await waitFor(() => browser.evaluate<boolean>('window.tried ?? false'), { timeoutMs: 60_000 });
      const job = (await api.call('GET', `/v1/jobs/${id}`)).body as Job;
      expect(job.status).toBe('queued');
    } finally {
      await browser.close();
      evil.close();
      evil.closeAllConnections();
    }
  },
);
