import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { createTestDatabase, SHARED_SERVER_VARIABLE, type TestDatabase } from './postgres.js';
import { createTestFolder } from './test-folder.js';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const API_KEY = /hdl_[0-9A-Za-z]{36}/;
/** Set by the global setup of the test run: a folder that lasts as long as the run. */
export const SETUP_FOLDER_VARIABLE = 'HEDDLE_TEST_SETUP_FOLDER';
/** Settings on which it depends what a setup leaves, or whether it succeeds. */
const CHANGES_SETUP = /^HEDDLE_(ARTIFACTS|S3_|CACHE_DIR|MAX_MODEL_BYTES|IMPORT_)/;

/** What `heddle setup` leaves behind. */
export interface TestSetup {
  database: TestDatabase;
  /** Where the processes keep everything. */
  dataDir: string;
  key: string;
}

/** The first of its name in a test run, of which the others are copies. */
interface Original {
  serverUrl: string;
  database: string;
  dataDir: string;
  key: string;
}

/** Migrates a fresh database and imports the shipped models; `env` has more settings. */
export async function setUpHeddle(env: Record<string, string> = {}): Promise<TestSetup> {
  const database = await createTestDatabase();
  const dataDir = await createTestFolder('heddle-test-system-');
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'setup'], {
    env: { ...environmentOf(database, dataDir), ...env },
  });
  const key = API_KEY.exec(stdout)?.[0];
  if (!key) throw new Error(`setup printed no key:\n${stdout}`);
  return { database, dataDir, key };
}

/**
 * The same, but what a setup leaves is made once in a test run and copied for everybody: to compile the shipped models
 * takes longer than many a spec.
 */
export async function copyOfSetup(env: Record<string, string> = {}): Promise<TestSetup> {
  if (Object.keys(env).some((name) => CHANGES_SETUP.test(name))) return setUpHeddle(env);
  return copyOf('setup', () => setUpHeddle());
}

/**
 * A copy of what `make` leaves: the first who asks for that name in a test run makes it, when nothing may run on it any
 * more. The key is the same in all copies.
 */
export async function copyOf(name: string, make: () => Promise<TestSetup>): Promise<TestSetup> {
  const folder = process.env[SETUP_FOLDER_VARIABLE];
  const serverUrl = process.env[SHARED_SERVER_VARIABLE];
  if (!folder || !serverUrl) return make();
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    // Released with the connection. One copy at a time: of two, each would be in the other's way in the database.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [`copy of ${name}`]);
    const original = await originalIn(folder, name, serverUrl, make);
    // Somebody set up on a server of its own first.
    if (original.serverUrl !== serverUrl) return make();
    const database = await createTestDatabase(original.database);
    const dataDir = await createTestFolder('heddle-test-system-');
    await rmdir(dataDir);
    // With modes, which fs.cp does not keep.
    await promisify(execFile)('cp', ['-a', original.dataDir, dataDir]);
    return { database, dataDir, key: original.key };
  } finally {
    await client.end();
  }
}

/** Settings of a process that works on these. */
export function environmentOf(database: TestDatabase, dataDir: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HEDDLE_DATABASE_URL: database.url,
    HEDDLE_DATA_DIR: dataDir,
  };
}

async function originalIn(
  folder: string,
  name: string,
  serverUrl: string,
  make: () => Promise<TestSetup>,
): Promise<Original> {
  const note = join(folder, `${name}.json`);
  if (existsSync(note)) return JSON.parse(await readFile(note, 'utf8')) as Original;
  const { database, dataDir, key } = await make();
  const kept = join(folder, name);
  await promisify(execFile)('mv', [dataDir, kept]);
  const original: Original = { serverUrl, database: database.name, dataDir: kept, key };
  await writeFile(note, JSON.stringify(original));
  return original;
}
