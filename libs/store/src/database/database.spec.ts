import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, createTestDatabase, startTestPostgres, testManifest, waitFor } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { openStore } from '../store.js';
import { connect, type Database, REQUEST_TIMEOUTS } from './database.js';
import { ADVISORY_LOCK, migrate, pendingMigrations, revertNewest } from './migrations.js';

const optionsFor = (url: string) => ({ url, applicationName: 'spec', onPoolError: () => undefined });

/** Takes back migrations down to the newest that changes `aliases`; the names of those that lack then, oldest first. */
async function pendingAfterRevert(url: string): Promise<string[]> {
  for (;;) {
    await revertNewest(optionsFor(url));
    const pending = await pendingMigrations(optionsFor(url));
    if (pending[0]?.startsWith('compare-since-trial')) return pending;
  }
}

describe('migrations', () => {
  it('go up once, even from several starters at once, and all the way down', async () => {
    const { url, drop } = await createTestDatabase();
    const applied = await Promise.all([
      migrate(optionsFor(url)),
      migrate(optionsFor(url)),
      migrate(optionsFor(url)),
    ]);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);

    const store = await openStore(optionsFor(url));
    const tenant = await store.tenants.ensure('acme', 'Acme');
    await store.models.addVersion({
      tenantId: tenant.id,
      name: 'm',
      description: '',
      manifest: testManifest(),
    });
    await store.close();

    for (const _ of applied.flat()) await revertNewest(optionsFor(url));
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    const tables = await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(tables.map((table) => table.name)).toEqual(['migrations']);
    await access.close();
    expect(await migrate(optionsFor(url))).toHaveLength(applied.flat().length);
    await drop();
  });

  it('wait for a table in turns with those who use it', { timeout: 60_000 }, async () => {
    const { url, drop } = await createTestDatabase();
    await migrate(optionsFor(url));
    const reverted = await pendingAfterRevert(url);
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    let migrated: Promise<string[]> | undefined;
    const reads: { waited: boolean; answered: boolean }[] = [];
    await database.transaction(async (query) => {
      await query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await query('SELECT count(*) FROM aliases');
      migrated = migrate(optionsFor(url));
      migrated.catch(() => undefined);
      // Whoever comes while the migration waits waits behind it, but not until the table is free.
      for (const until = performance.now() + 5_000; performance.now() < until; ) {
        const started = performance.now();
        const answered = await database.query('SELECT count(*) FROM aliases').then(
          () => true,
          () => false,
        );
        reads.push({ waited: performance.now() - started > 200, answered });
        await sleep(50);
      }
    });
    const first = reads.findIndex(({ waited }) => waited);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(reads.slice(first).some(({ answered }) => answered)).toBe(true);
    expect(await migrated).toEqual(reverted);
    expect(await pendingMigrations(optionsFor(url))).toEqual([]);
    await access.close();
    await drop();
  });

  it('wait for another starter for longer than a request may', { timeout: 60_000 }, async () => {
    const { url, drop } = await createTestDatabase();
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    let migrated: Promise<string[]> | undefined;
    await database.transaction(async (query) => {
      await query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
      migrated = migrate(optionsFor(url));
      migrated.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, REQUEST_TIMEOUTS.query + 1_000));
    });
    expect((await migrated!).length).toBeGreaterThan(0);
    await access.close();
    await drop();
  });
});

describe('a schema that is not this code’s', () => {
  it('keeps the store shut and says what to do when it is older, and serves when it is newer', async () => {
    const { url, query, drop } = await createTestDatabase();
    const older = { code: 'wrong-schema', message: expect.stringContaining('heddle setup') };
    await expect(openStore(optionsFor(url))).rejects.toMatchObject(older);
    expect((await pendingMigrations(optionsFor(url))).length).toBeGreaterThan(0);
    await migrate(optionsFor(url));
    expect(await pendingMigrations(optionsFor(url))).toEqual([]);
    await (await openStore(optionsFor(url))).close();
    await revertNewest(optionsFor(url));
    await expect(openStore(optionsFor(url))).rejects.toMatchObject(older);
    await migrate(optionsFor(url));
    await query("INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'later9999999999999')");
    await (await openStore(optionsFor(url))).close();
    const connections = await query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'spec'`,
    );
    expect(connections).toEqual([]);
    await drop();
  });
});

describe('an absent database', () => {
  it('is reported as overloaded, and work goes on when it is back', async () => {
    const server = await startTestPostgres();
    await migrate(optionsFor(server.url));
    const store = await openStore(optionsFor(server.url));
    await store.ping();
    await server.kill();
    await expect(store.ping()).rejects.toMatchObject({ code: 'overloaded', headers: { 'Retry-After': '1' } });
    await server.restart();
    await waitFor(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    );
    await store.close();
    await server.stop();
  });
});

describe('a database that stands still', () => {
  it('is reported within seconds, and what is slow is waited for', { timeout: 60_000 }, async () => {
    const server = await startTestPostgres();
    const { access } = await connect({ ...optionsFor(server.url), refusesInSilence: true }, []);
    const { system: database } = access;
    expect(await database.query('SELECT 1 AS one FROM pg_sleep(2.5)')).toEqual([{ one: 1 }]);

    const pids = await processesOf(database);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const started = performance.now();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'overloaded',
      headers: { 'Retry-After': '1' },
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await waitFor(() => database.query('SELECT 1').catch(() => false));
    await access.close();
    await server.stop();
  });

  /** The postmaster and what serves connections. */
  async function processesOf(database: Database): Promise<number[]> {
    const [row] = await database.query<{ folder: string }>(
      "SELECT current_setting('data_directory') AS folder",
    );
    const pid = await readFile(join(row!.folder, 'postmaster.pid'), 'utf8');
    const postmaster = Number(pid.split('\n')[0]);
    return [postmaster, ...(await childrenOf(postmaster))];
  }
});

describe('a database without room on its disk', () => {
  it('is said to be full', async () => {
    const { url, drop } = await createTestDatabase();
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    const full = `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`;
    await expect(database.query(full)).rejects.toMatchObject({
      code: 'overloaded',
      message: 'The disk of the database is full.',
      headers: { 'Retry-After': '1' },
    });
    await access.close();
    await drop();
  });
});

describe('a statement whose plan is kept', () => {
  it('is prepared once for each connection, and answers and fails as others do', async () => {
    const { url, drop } = await createTestDatabase();
    const { access } = await connect({ ...optionsFor(url), poolSize: 1 }, []);
    const database = access.system;
    const sql = 'SELECT 10 / $1::int AS ratio';
    expect(await database.query(sql, [5], 'kept')).toEqual([{ ratio: 2 }]);
    await database.transaction(async (query) => {
      expect(await query(sql, [2], 'kept')).toEqual([{ ratio: 5 }]);
    });
    await expect(database.query(sql, [0], 'kept')).rejects.toMatchObject({ code: '22012' });
    const prepared = 'SELECT (custom_plans + generic_plans)::int AS runs FROM pg_prepared_statements';
    expect(await database.query(prepared)).toEqual([{ runs: 2 }]);
    await access.close();
    await drop();
  });

  it('is not run outside of a transaction whose connection was lost', async () => {
    const { url, query, drop } = await createTestDatabase();
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    await database.query('CREATE TABLE t (x int)');
    const lost = database.transaction(async (run) => {
      const [row] = await run<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await query(`SELECT pg_terminate_backend(${row!.pid})`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await run('INSERT INTO t VALUES ($1)', [1], 'kept');
    });
    await expect(lost).rejects.toMatchObject({ code: 'overloaded' });
    expect(await database.query('SELECT * FROM t')).toEqual([]);
    await access.close();
    await drop();
  });
});

describe('transactions', () => {
  it('are undone as a whole', async () => {
    const { url, drop } = await createTestDatabase();
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    await database.query('CREATE TABLE t (x int)');
    await expect(
      database.transaction(async (query) => {
        await query('INSERT INTO t VALUES (1)');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await database.query('SELECT * FROM t')).toEqual([]);
    await access.close();
    await drop();
  });

  it('that deadlock are run again', async () => {
    const { url, drop } = await createTestDatabase();
    const { access } = await connect(optionsFor(url), []);
    const database = access.system;
    await database.query('CREATE TABLE t AS SELECT 1 AS id, 0 AS x UNION SELECT 2, 0');
    const cross = (first: number, second: number) =>
      database.transaction(async (query) => {
        await query('UPDATE t SET x = x + 1 WHERE id = $1', [first]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await query('UPDATE t SET x = x + 1 WHERE id = $1', [second]);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await database.query('SELECT sum(x)::int AS sum FROM t')).toEqual([{ sum: 4 }]);
    await access.close();
    await drop();
  });
});
