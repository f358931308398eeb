import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HeddleError } from '@heddle/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { connect, type Database, type DatabaseOptions, REQUEST_TIMEOUTS } from './database.js';
import { stateOf } from './errors.js';
import { TENANT_ROLE, unusable } from './tenancy.js';

/** The repository's `migrations/` folder, seen from `libs/store/{src,dist}/database`. */
const MIGRATIONS_DIR = fileURLToPath(new URL('../../../../migrations', import.meta.url));
const FILE_NAME = /^(\d{13})-([a-z0-9-]+)\.sql$/;
/** Serialises processes that start at once; the number is arbitrary but must never change. */
export const ADVISORY_LOCK = 4_850_133_101;
const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_TIMEOUT = '55P03';
/** While a migration waits for a table, everybody else who wants it waits behind: for so long, then they go first. */
const LOCK_MS = 2_000;
const PAUSE_MS = 1_000;
/** A table that is in use all the time for some minutes is in the way of more than a migration. */
const MAX_TRIES = 60;
/** Waiting for another starter and rewriting large tables may take longer than a request may. */
const TIMEOUTS = { ...REQUEST_TIMEOUTS, statement: 0, query: 0, lock: 0 };

/**
 * Applies what is missing, each migration in a transaction of its own. Returns the names applied. Tables that others use are
 * waited for in turns, so that a live system goes on. Throws `wrong-schema` when the account may not make, or not become, the role
 * of tenants; `overloaded` when a table was not to be had in some minutes.
 */
export async function migrate(options: DatabaseOptions): Promise<string[]> {
  return withMigrationLock(options, async (source) => {
    const before = new Set(await appliedNames(source));
    try {
      await runInTurns(() => source.runMigrations({ transaction: 'each' }));
      return (await appliedNames(source)).filter((name) => !before.has(name));
    } catch (error) {
      const denied = stateOf(error) === INSUFFICIENT_PRIVILEGE && error instanceof Error;
      throw denied && error.message.includes(TENANT_ROLE) ? unusable(error.message, error) : error;
    }
  });
}

/** Names of the migrations that a database lacks. */
export async function pendingMigrations(options: DatabaseOptions): Promise<string[]> {
  const { access } = await connect({ ...options, poolSize: 1 }, []);
  try {
    return await missingMigrations(access.system);
  } finally {
    await access.close();
  }
}

/**
 * Throws `wrong-schema` when the database lacks a migration of this code. It may have more: a migration leaves the
 * release before it working, so that processes are replaced one by one.
 */
export async function assertSchema(database: Database): Promise<void> {
  if ((await missingMigrations(database)).length === 0) return;
  throw new HeddleError(
    'wrong-schema',
    'The database has no Heddle schema, or an older one: run `npx heddle setup` ' +
      '(where Heddle brings its own Postgres, `npx heddle up`).',
  );
}

async function missingMigrations(database: Database): Promise<string[]> {
  const [found] = await database.query<{ present: boolean }>(
    "SELECT to_regclass('migrations') IS NOT NULL AS present",
  );
  const rows = found!.present ? await database.query<{ name: string }>('SELECT name FROM migrations') : [];
  const applied = new Set(rows.map(({ name }) => name));
  return (await migrationFiles()).map(nameOf).filter((name) => !applied.has(name));
}

/** Takes back the newest migration. */
export async function revertNewest(options: DatabaseOptions): Promise<void> {
  await withMigrationLock(options, (source) =>
    runInTurns(() => source.undoLastMigration({ transaction: 'each' })),
  );
}

/** Of what was applied in earlier tries nothing is done again. */
async function runInTurns(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (stateOf(error) !== LOCK_TIMEOUT) throw error;
      if (tries === MAX_TRIES) {
        const detail =
          'A migration could not have a table that others use. End long transactions and try again.';
        throw new HeddleError('overloaded', detail, { cause: error });
      }
      await sleep(PAUSE_MS);
    }
  }
}

type Source = Awaited<ReturnType<typeof connect>>['source'];

async function appliedNames(source: Source): Promise<string[]> {
  const [found] = (await source.query("SELECT to_regclass('migrations') IS NOT NULL AS present")) as {
    present: boolean;
  }[];
  if (!found!.present) return [];
  const rows = (await source.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
  return rows.map(({ name }) => name);
}

async function withMigrationLock<T>(
  options: DatabaseOptions,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { access, source } = await connect(
    { ...options, poolSize: 2, timeouts: TIMEOUTS },
    [],
    await loadMigrations(),
  );
  const lock = source.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    return await work(source);
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).finally(() => lock.release());
    await access.close();
  }
}

async function migrationFiles(): Promise<string[]> {
  return (await readdir(MIGRATIONS_DIR)).filter((file) => file.endsWith('.sql')).sort();
}

/** TypeORM reads the time stamp from the end of the name. */
function nameOf(file: string): string {
  const match = FILE_NAME.exec(file);
  if (!match) throw new Error(`migrations/${file}: wrong name`);
  return `${match[2]}${match[1]}`;
}

async function loadMigrations(): Promise<(new () => MigrationInterface)[]> {
  return Promise.all(
    (await migrationFiles()).map(async (file) =>
      toMigration(file, await readFile(join(MIGRATIONS_DIR, file), 'utf8')),
    ),
  );
}

/** A file holds `-- up` and `-- down`. */
function toMigration(file: string, text: string): new () => MigrationInterface {
  const name = nameOf(file);
  const sections = /^-- up\n([\s\S]*?)^-- down\n([\s\S]*)$/m.exec(text);
  if (!sections) throw new Error(`migrations/${file}: no "-- up" and "-- down" sections`);
  const [, up, down] = sections;
  return class implements MigrationInterface {
    name = name;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      await runner.query(up!);
    }
    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      await runner.query(down!);
    }
  };
}
