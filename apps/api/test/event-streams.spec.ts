import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Job, LIMITS } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, startProcess, stopProcess, type TestApi } from './api.js';
import { openSse, type SseEvent, type SseStream } from './sse.js';

/** A result as large as several of which fit into what one tenant may have in flight, but not three. */
const RESULT_BYTES = 30_000_000;

let api: TestApi;
/** A second process over the same database, to be ended by the tests. */
let child: ChildProcess;
let url: string;
let logs: () => string;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());
beforeEach(() => start('0'));
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) await stopProcess(child);
});

async function start(port: string): Promise<void> {
  const env = {
    HEDDLE_DATABASE_URL: api.database.url,
    HEDDLE_DATA_DIR: api.dataDir,
    HEDDLE_PORT: port,
    // One key opens all streams.
    HEDDLE_RATE_LIMIT_PER_MIN: '0',
  };
  ({ child, url, logs } = await startProcess(env));
}
const submit = async () =>
  ((await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } })).body as Job).id;
const open = (id: string, headers: Record<string, string> = {}): Promise<SseStream> =>
  openSse(`${url}/v1/jobs/${id}/events`, { authorization: `Bearer ${api.key}`, ...headers });

describe('an api that ends', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s in the middle of a stream loses and repeats no event',
    async (signal) => {
      const id = await submit();
      const seen: SseEvent[] = [];
      let stream = await open(id);
      seen.push((await stream.next())!);
      const attempt = await claimJob(api, id);
      const begin = Date.now();
      const exited = once(child, 'exit');
      child.kill(signal);
      const last = await stream.next().catch(() => null);
      // The change may have been sent before the end, or not.
      if (last) seen.push(last);
      await exited;
      expect(Date.now() - begin).toBeLessThan(5_000);
      if (signal === 'SIGTERM') expect(child.exitCode).toBe(0);
      await finishJob(api, id, attempt);

      await start(new URL(url).port);
      stream = await open(id, { 'last-event-id': seen.at(-1)!.id });
      seen.push(...(await stream.rest()));
      expect(seen.map((event) => event.id)).toEqual(['1', '2', '4', '5']);
      expect(seen.at(-1)).toMatchObject({ event: 'done', data: { id, status: 'succeeded' } });
      expect((await open(id, { 'last-event-id': '5' })).status).toBe(204);
    },
  );

  it('ends promptly although nobody reads its streams', async () => {
    const id = await submit();
    await finishJob(api, id, await claimJob(api, id), { bytes: RESULT_BYTES });
    const readers = [await slowReader(id), await slowReader(await submit())];
    const begin = Date.now();
    await stopProcess(child);
    expect([child.exitCode, Date.now() - begin < 5_000]).toEqual([0, true]);
    for (const reader of readers) reader.destroy();
  });
});

describe('readers that do not read', () => {
  it('hold no more memory than large answers may, and keep no one else waiting', {
    timeout: 180_000,
  }, async () => {
    const id = await submit();
    await finishJob(api, id, await claimJob(api, id), { bytes: RESULT_BYTES });
    const readers = await Promise.all(Array.from({ length: 4 }, () => slowReader(id)));
    // Two are being answered; the others are asked to come again, which the end of their stream says.
    await waitFor(() => logs().match(/stream ended early/g)?.length === 2, { timeoutMs: 60_000 });
    const other = await submit();
    await finishJob(api, other, await claimJob(api, other));
    expect(await (await open(other)).rest()).toHaveLength(4);
    for (const reader of readers) reader.destroy();
    await waitFor(() => readers.every((reader) => reader.closed));
    const events = await (await open(id, { 'last-event-id': '2' })).rest();
    expect(events.map((event) => event.id)).toEqual(['4', '5']);
    expect(JSON.stringify(events[1]).length).toBeGreaterThan(RESULT_BYTES);
  });
});

describe('many streams', () => {
  it('are bounded for a tenant, and a client that leaves frees its place', { timeout: 120_000 }, async () => {
    const id = await submit();
    const most = LIMITS.maxEventStreams / 2;
    const readers: Socket[] = [];
    while (readers.length < most) {
      const group = Array.from({ length: 100 }, () => slowReader(id));
      readers.push(...(await Promise.all(group)));
    }
    const refused = await open(id);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    // Waits have places of their own, and the rest of the api goes on.
    const got = await fetch(`${url}/v1/jobs/${id}`, { headers: { authorization: `Bearer ${api.key}` } });
    expect(got.status).toBe(200);
    for (const reader of readers) reader.destroy();
    const again = await waitFor(async () => {
      const stream = await open(id);
      if (stream.status === 200) return stream;
      stream.close();
      return null;
    });
    await again!.next();
    await finishJob(api, id, await claimJob(api, id));
    expect((await again!.rest()).at(-1)!.event).toBe('done');
  });
});

/** Opens a stream of a job and reads no more than the beginning. */
async function slowReader(id: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toContain('HTTP/1.1 200');
  // Small ones are seen to end; of large ones the rest stays with the server.
  socket.on('end', () => socket.destroy());
  setTimeout(() => socket.pause(), 50);
  return socket;
}
