import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { HeddleClient } from '@heddle/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importVersion } from './import.js';

const CHECKPOINT = fileURLToPath(new URL('../../../../models/topic', import.meta.url));

/** A server that grants no waits: an import is under way for some looks, then it is ready. */
const LOOKS = 3;
let looks: number[] = [];
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isLook = request.method === 'GET' && request.url!.includes('/versions/');
      if (isLook) looks.push(performance.now());
      const progress = looks.length < LOOKS ? { stage: 'converting', percent: 10 * looks.length } : null;
      response.end(JSON.stringify({ id: 'file_x', model: 'm', number: 1, progress }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const start = (timeoutS: number) => {
  looks = [];
  const { port } = server.address() as AddressInfo;
  const client = new HeddleClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k' });
  const wishes = { precision: 'fp32' } as const;
  return importVersion(client, { path: CHECKPOINT, model: 'm', create: false, wait: true, timeoutS, wishes });
};

it('looks once a second at an import where no wait is granted', { timeout: 30_000 }, async () => {
  expect((await start(60)).progress).toBe(null);
  expect(looks).toHaveLength(LOOKS);
  // Where looks follow one another without a pause, milliseconds lie between them.
  for (let i = 1; i < LOOKS; i++) expect(looks[i]! - looks[i - 1]!).toBeGreaterThan(500);
});

it('says how to go on where time runs out', async () => {
  await expect(start(0)).rejects.toMatchObject({
    exitStatus: 8,
    message: expect.stringContaining('versions get m@1') as string,
  });
});
