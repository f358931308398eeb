import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromiumPathIfAny, startBrowser, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, type TestApi } from './api.js';

const DIST = fileURLToPath(new URL('../../../libs/client/dist', import.meta.url));
const chromium = await chromiumPathIfAny();
let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** The page of somebody's application, which has the api beside it. */
async function serve(page: string) {
  const server = createServer((near, response) => {
    if (near.url!.startsWith('/v1/')) {
      const { method, headers } = near;
      const far = sendRequest(new URL(near.url!, api.url), { method: method!, headers });
      far.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode!, answer.headers)));
      near.pipe(far);
      return;
    }
    const send = (type: string, body: string | Buffer) =>
      void response.writeHead(200, { 'content-type': type }).end(body);
    if (near.url === '/') send('text/html', page);
    else
      readFile(`${DIST}${near.url!.replace('/sdk', '')}`).then(
        (file) => send('text/javascript', file),
        () => void response.writeHead(404).end(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const script = (key: string) => `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { HeddleClient, NotFoundError } from '/sdk/index.js';
const client = new HeddleClient({ baseUrl: location.origin, apiKey: '${key}' });
const seen = {};
window.seen = seen;
try {
  const job = await client.jobs.create({ model: 'm', inputs: ['x'] });
  seen.id = job.id;
  seen.events = [];
  for await (const { event } of client.jobs.stream(job.id)) seen.events.push(event);
  const file = await client.files.upload(new File(['0123456789'], 'ten.jsonl'), { purpose: 'batch' });
  seen.file = file.filename;
  seen.part = await (await client.files.download(file.id, { start: 3, end: 6 })).text();
  seen.listed = 0;
  for await (const _ of client.jobs.list({ limit: 1 })) seen.listed++;
  seen.missing = await client.files.get('file_x').catch((error) => error instanceof NotFoundError);
  seen.done = true;
} catch (error) {
  seen.error = String(error);
}
</script>`;

it.runIf(chromium)('a page of a browser uses the client as it was built', { timeout: 180_000 }, async () => {
  const page = await serve(script(api.key));
  const browser = await startBrowser(chromium!);
  try {
    await browser.open(page.url);
    const seen = () => browser.evaluate<Record<string, unknown>>('window.seen ?? {}');
    const { id } = (await waitFor(
      async () => {
        const now = await seen();
        return now.events ? now : null;
      },
      { timeoutMs: 60_000 },
    )) as { id: string };
    await finishJob(api, id, await claimJob(api, id));
    const done = (await waitFor(
      async () => {
        const now = await seen();
        return now.done || now.error ? now : null;
      },
      { timeoutMs: 60_000 },
    ))!;
    expect(done).toMatchObject({
      events: ['status', 'status', 'status', 'done'],
      file: 'ten.jsonl',
      part: '345',
      listed: 1,
      missing: true,
      done: true,
    });
  } finally {
    await browser.close();
    page.close();
  }
});
