import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeddleClient } from '@heddle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliErrorOf } from './errors.js';

/** A server that answers every request with the status that its path begins with, and a job that never ends. */
let server: Server;
let baseUrl: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(Number(request.url!.slice(1, 4)));
    response.end(JSON.stringify({ id: 'job_x', status: 'queued' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const clientOf = (address: string) => new HeddleClient({ baseUrl: address, apiKey: 'k', maxRetries: 0 });
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => cliErrorOf(error),
  );

describe('exit statuses', () => {
  it.each([
    [3, [401, 403]],
    [4, [404]],
    [5, [400, 409, 412, 413, 415, 422]],
    [6, [429, 503, 507]],
    [7, [500, 502, 504]],
  ])('%i is of answers with %j', async (exitStatus, statuses) => {
    for (const status of statuses)
      expect(await failureOf(clientOf(`${baseUrl}/${status}`).jobs.get('job_x')), `${status}`).toMatchObject({
        exitStatus,
      });
  });

  it('7 is of an address where nobody answers', async () => {
    expect(await failureOf(clientOf('http://127.0.0.1:9').me())).toMatchObject({
      exitStatus: 7,
      message: expect.stringMatching(/^cannot reach .*Is Heddle running\?/) as string,
    });
  });

  it('8 is of a wait that was too short', async () => {
    const waiting = clientOf(`${baseUrl}/200`).jobs.wait('job_x', { timeoutMs: 10 });
    expect(await failureOf(waiting)).toMatchObject({ exitStatus: 8 });
  });

  it('none is of what the command line does not know', async () => {
    expect(cliErrorOf(new TypeError('a bug'))).toBe(null);
  });
});
