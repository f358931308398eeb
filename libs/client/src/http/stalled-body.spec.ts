import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeddleClient } from '../client.js';
import { ConnectionError, TimeoutError } from '../errors.js';

/** What ends a body by a signal that Node's fetch has forgotten ends nothing: that it forgets is made certain. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Enough for half a body on a machine that has other things to do. */
const TIME_MS = 2_000;

/** Answers every request with half a body, and says no more. */
let server: Server;
let client: HeddleClient;
const answered: ServerResponse[] = [];
const closed = new Set<ServerResponse>();
beforeAll(async () => {
  server = createServer((request, response) => {
    answered.push(response);
    response.once('close', () => closed.add(response));
    response.writeHead(request.url!.includes('refused') ? 503 : 200, { 'content-type': 'application/json' });
    response.write('{"id":');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new HeddleClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k', maxRetries: 0 });
  // The first request of a process is its slowest.
  await fetch(`http://127.0.0.1:${port}`).then((response) => response.body!.cancel());
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Waits until the half is there, and what nobody holds any more is gone. */
async function untilHalf(count: number): Promise<void> {
  while (answered.length < count) await sleep(5);
  for (let i = 0; i < 10; i++) {
    await sleep(10);
    collectGarbage();
  }
}

describe('an answer that stands still half-way', { timeout: 60_000 }, () => {
  it.each([
    ['of a job', () => client.jobs.get('job_x', { timeoutMs: TIME_MS })],
    ['of a submission', () => client.jobs.create({ model: 'm', inputs: ['x'] }, { timeoutMs: TIME_MS })],
    ['that refuses', () => client.jobs.get('job_refused', { timeoutMs: TIME_MS })],
  ])('ends when its time is over: %s', async (_, ask) => {
    const before = answered.length;
    const asking = expect(ask()).rejects.toThrow(TimeoutError);
    await untilHalf(before + 1);
    await asking;
  });

  it('ends with the reason of the caller’s signal', async () => {
    const stop = new AbortController();
    const before = answered.length;
    const asking = client.jobs.get('job_x', { signal: stop.signal, timeoutMs: 0 });
    asking.catch(() => undefined);
    await untilHalf(before + 1);
    stop.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });

  it('hangs up on who stands still', async () => {
    const before = answered.length;
    const asking = expect(client.jobs.get('job_x', { timeoutMs: TIME_MS })).rejects.toThrow(ConnectionError);
    await untilHalf(before + 1);
    await asking;
    while (!closed.has(answered[before]!)) await sleep(5);
  });

  it('ends a download and a stream of events', async () => {
    const stop = new AbortController();
    const before = answered.length;
    const content = await client.files.download('file_x', { signal: stop.signal });
    const reading = [
      content.text(),
      (async () => {
        for await (const event of client.jobs.stream('job_x', { signal: stop.signal })) void event;
      })(),
    ];
    for (const one of reading) one.catch(() => undefined);
    await untilHalf(before + 2);
    stop.abort(new Error('enough'));
    for (const one of reading) await expect(one).rejects.toThrow('enough');
  });
});
