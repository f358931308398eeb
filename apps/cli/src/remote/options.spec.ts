import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeddleClient, TimeoutError } from '@heddle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submittingToTheEnd } from './options.js';

/** A server that answers a request when it is told to. */
let server: Server;
let client: HeddleClient;
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  client = new HeddleClient({ baseUrl, apiKey: 'k', maxRetries: 0, fetch: submittingToTheEnd });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function submitAndInterrupt(options: { timeoutMs?: number } = {}) {
  const interrupt = new AbortController();
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const submitting = client.jobs.create(
    { model: 'm', inputs: ['x'] },
    { signal: interrupt.signal, ...options },
  );
  submitting.catch(() => undefined);
  const [, response] = await asked;
  return { submitting, response, interrupt: () => interrupt.abort() };
}

describe('a submission that is interrupted', () => {
  it('still says what it has made', async () => {
    const { submitting, response, interrupt } = await submitAndInterrupt();
    interrupt();
    response.write('{"id":');
    await new Promise((resolve) => setTimeout(resolve, 100));
    response.end('"job_x"}');
    expect(await submitting).toEqual({ id: 'job_x' });
  });

  it('ends where the server says nothing, or half of it', { timeout: 60_000 }, async () => {
    const [silent, half] = [await submitAndInterrupt(), await submitAndInterrupt()];
    half.response.write('{"id":');
    silent.interrupt();
    half.interrupt();
    await expect(silent.submitting).rejects.toThrow('aborted');
    await expect(half.submitting).rejects.toThrow('aborted');
  });

  it('has a time of its own, uninterrupted too', async () => {
    const { submitting } = await submitAndInterrupt({ timeoutMs: 200 });
    await expect(submitting).rejects.toThrow(TimeoutError);
  });
});
