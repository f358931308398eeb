import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, startTestPostgres } from './postgres.js';
import { startRedis, type TestRedis } from './redis.js';
import { waitFor } from './wait-for.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** First reply of the server to one inline command. */
function redis(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (reply) => {
      socket.destroy();
      resolve(reply.toString());
    });
  });
}

describe('createTestDatabase', () => {
  it('gives databases of their own', async () => {
    const [first, second] = [await createTestDatabase(), await createTestDatabase()];
    await query(first.url, 'CREATE TABLE mine ()');
    expect(await query(second.url, "SELECT to_regclass('mine')")).toEqual([null]);
    await first.drop();
    await second.drop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });
});

describe('startTestPostgres', () => {
  it('comes back at the same place after a kill', async () => {
    const server = await startTestPostgres();
    await query(server.url, 'CREATE TABLE kept AS SELECT 1');
    await server.kill();
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect(await query(server.url, 'SELECT count(*)::int FROM kept')).toEqual([1]);
    await server.stop();
  });
});

describe('startRedis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis({ appendonly: 'yes', appendfsync: 'always' });
  });
  afterAll(() => server.stop());

  it('never evicts unless told to', async () => {
    expect(await redis(server.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
  });

  it('keeps what it was told to keep over a kill', async () => {
    await redis(server.port, 'SET kept yes');
    const { pid } = server;
    await server.kill('SIGKILL');
    await expect(redis(server.port, 'PING')).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(await redis(server.port, 'GET kept')).toContain('yes');
  });

  it('reports wrong settings', async () => {
    await expect(startRedis({ 'maxmemory-policy': 'nonsense' })).rejects.toThrow(/maxmemory-policy/);
  });
});

describe('waitFor', () => {
  it('returns the value, or throws after the timeout', async () => {
    let calls = 0;
    expect(await waitFor(() => (++calls > 3 ? 'done' : null))).toBe('done');
    await expect(waitFor(() => calls < 0, { timeoutMs: 30 })).rejects.toThrow('Not within 30 ms');
  });
});
