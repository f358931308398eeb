import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Batch, HeddleClient } from '@heddle/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { durableBatch } from './batch-run.js';
import { untilEnded } from './until-ended.js';

/** What the server does with the requests that come, one after the other. */
let answers: (number | 'reset' | Partial<Batch>)[] = [];
let asked: number[] = [];
let server: Server;
let client: HeddleClient;
const counts = { total: 1, succeeded: 0, failed: 0, canceled: 0, expired: 0 };
const running = { id: 'bat_x', status: 'running', counts } as unknown as Batch;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(performance.now());
    const answer = answers.shift()!;
    if (answer === 'reset') request.socket.destroy();
    else if (typeof answer === 'number') response.writeHead(answer).end('{}');
    else response.end(JSON.stringify({ ...running, ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new HeddleClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k' });
});
afterAll(() => server.close());

const wait = (timeoutS = 60) => {
  asked = [];
  return untilEnded(running, durableBatch(client, running.id), {
    timeoutS,
    signal: new AbortController().signal,
  });
};

it('goes on where the server was away, and asks once a second', { timeout: 30_000 }, async () => {
  answers = ['reset', 503, {}, { status: 'succeeded' }];
  expect((await wait()).status).toBe('succeeded');
  for (let i = 1; i < asked.length; i++) expect(asked[i]! - asked[i - 1]!).toBeGreaterThan(500);
});

it('says how to go on whatever ends it', async () => {
  answers = [404];
  await expect(wait()).rejects.toMatchObject({
    exitStatus: 4,
    message: expect.stringContaining('batches watch bat_x'),
  });
  answers = ['reset', 'reset', 'reset'];
  await expect(wait(1)).rejects.toMatchObject({ exitStatus: 8 });
});
