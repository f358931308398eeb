import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@heddle/embedded';
import pg from 'pg';
import { createTestFolder } from './test-folder.js';

/** Set by the global setup of the test run: superuser of the server that all spec files share. */
export const SHARED_SERVER_VARIABLE = 'HEDDLE_TEST_POSTGRES_URL';

export interface TestDatabase {
  name: string;
  url: string;
  /** One statement on a connection of its own. */
  query<Row>(sql: string): Promise<Row[]>;
  /** Cuts off whoever is still connected. */
  drop(): Promise<void>;
}

/** A new database on the server of this test run: empty, or a copy of one that nobody is connected to. */
export async function createTestDatabase(original?: string): Promise<TestDatabase> {
  const serverUrl = sharedServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name}${original ? ` TEMPLATE ${original}` : ''}`);
  return testDatabase(serverUrl, name);
}

function sharedServer(): string {
  const serverUrl = process.env[SHARED_SERVER_VARIABLE];
  if (serverUrl) return serverUrl;
  throw new Error(`${SHARED_SERVER_VARIABLE} is not set: run specs with vitest and its global setup`);
}

/** A database that the server has. */
export function testDatabase(serverUrl: string, name: string): TestDatabase {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    query: (sql) => execute(url.href, sql),
    drop: async () => {
      await execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export interface TestPostgres {
  /** Stays the same over kill and restart. */
  url: string;
  /** kill -9 of the postmaster; returns when it is gone. */
  kill(): Promise<void>;
  /** Starts again on the same port, after a kill or a clean stop of what runs. */
  restart(): Promise<void>;
  /** Stops, and copies the data to a folder that does not exist yet, for other servers to begin with. */
  saveTo(folder: string): Promise<void>;
  /** Stops and removes everything. */
  stop(): Promise<void>;
}

interface TestPostgresOptions {
  /** Folder to make that of the server in; by default that of temporary files. */
  parent?: string;
  /** Data that a server has saved, to begin with. */
  saved?: string;
}

/** A server of its own, for specs that kill it. Others use `createTestDatabase`. */
export async function startTestPostgres({ parent, saved }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const folder = await createTestFolder('heddle-test-postgres-', parent);
  const dataDir = join(folder, 'data');
  if (saved) await copyFolder(saved, dataDir);
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });
  const { url, port } = server;
  return {
    url,
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await server.stop();
    },
    restart: async () => {
      await server.stop();
      server = await startEmbeddedPostgres({ dataDir, port });
    },
    saveTo: async (target) => {
      await server.stop();
      await copyFolder(dataDir, target);
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** With owners and modes, which fs.cp does not keep: as root the server runs under another account. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

/** Statements on one connection to the server of this test run, as its superuser. */
export function withServer<T>(work: (query: (sql: string) => Promise<unknown[]>) => Promise<T>): Promise<T> {
  return connected(sharedServer(), (client) => work(async (sql) => (await client.query(sql)).rows));
}

function execute<Row>(url: string, sql: string): Promise<Row[]> {
  return connected(url, async (client) => (await client.query(sql)).rows as Row[]);
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
