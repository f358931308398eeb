import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.mjs';
import { Load } from './load.mjs';

/** What a client writes down of an answer that a real server gives. */
async function ledgerOf(status, headers, body) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const ledger = new Ledger();
  const load = new Load({ url: `http://127.0.0.1:${server.address().port}`, key: 'key', ledger });
  try {
    return { answer: await load.call('GET', '/v1/jobs?limit=1'), ledger };
  } finally {
    server.close();
  }
}

describe('Load.call', () => {
  it('writes down a server error whose body is no JSON', async () => {
    const { answer, ledger } = await ledgerOf(502, {}, '<html>');
    expect(answer).toBeNull();
    expect(ledger.violations).toEqual(['I6: GET /v1/jobs was answered 502']);
  });

  it('allows 503 that says when to come again', async () => {
    const { answer, ledger } = await ledgerOf(503, { 'retry-after': '1' }, '{"error":{}}');
    expect(answer).toMatchObject({ status: 503, json: { error: {} } });
    expect(ledger.violations).toEqual([]);
    expect((await ledgerOf(503, {}, '{}')).ledger.violations).toEqual(['I6: GET /v1/jobs was answered 503']);
  });
});
