import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fromPublicId, type Job } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';

/** A result as large as several of which fit into what one tenant may have in flight, but not three. */
const RESULT_BYTES = 30_000_000;
const READERS = 12;

let api: TestApi;
let path: string;
beforeAll(async () => {
  api = await startApi();
  const { body } = await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } });
  path = `/v1/jobs/${(body as Job).id}`;
  await api.database.query(
    `INSERT INTO job_results SELECT '${fromPublicId('job', (body as Job).id)}', json_build_array(json_build_object('index', 0,
       'output', json_build_object('labels', json_build_array(json_build_object('label', repeat('x', ${RESULT_BYTES}), 'score', 1)))))`,
  );
});
afterAll(() => api.stop());

/** Asks for the job and reads no more than the beginning of the answer. */
function slowReader(): Socket & { head: string } {
  const { hostname, port } = new URL(api.url);
  const socket = Object.assign(connect({ host: hostname, port: Number(port) }), { head: '' });
  socket.on('error', () => undefined);
  socket.once('data', (chunk: Buffer) => {
    socket.head = chunk.subarray(0, 12).toString();
    socket.pause();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n\r\n`);
  return socket;
}

it('large answers that nobody reads keep neither memory nor other requests', {
  timeout: 60_000,
}, async () => {
  const readers = Array.from({ length: READERS }, slowReader);
  await waitFor(() => readers.every(({ head }) => head !== ''), { timeoutMs: 30_000 });
  const heads = readers.map(({ head }) => head).sort();
  expect(heads).toEqual([...Array(2).fill('HTTP/1.1 200'), ...Array(READERS - 2).fill('HTTP/1.1 503')]);

  // Small answers are not concerned, nor are large ones of somebody else, whose job this one is not.
  expect((await api.call('GET', `${path}?include=input`)).status).toBe(200);
  expect((await api.call('GET', '/v1/jobs?include=input')).status).toBe(200);
  const refused = await api.call('GET', path);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);

  for (const reader of readers) reader.destroy();
  await Promise.all(readers.map((reader) => reader.closed || once(reader, 'close')));
  const whole = await api.call('GET', path);
  expect(whole.status).toBe(200);
  expect(whole.text.length).toBeGreaterThan(RESULT_BYTES);
});
