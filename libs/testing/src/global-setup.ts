import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUseError, startEmbeddedPostgres } from '@heddle/embedded';
import { SHARED_SERVER_VARIABLE } from './postgres.js';
import { SETUP_FOLDER_VARIABLE } from './setup.js';
import { createTestFolder } from './test-folder.js';

const FOLDER_PREFIX = 'heddle-test-run-';

/** Vitest global setup: one Postgres per test run, a database per spec (`createTestDatabase`), and room for what specs share. */
export default async function setup(): Promise<() => Promise<void>> {
  await removeLeftOvers();
  const folder = await createTestFolder(FOLDER_PREFIX);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data') }).catch(
    async (error: unknown) => {
      await rm(folder, { recursive: true });
      throw error;
    },
  );
  // Workers are forked later and inherit both.
  process.env[SHARED_SERVER_VARIABLE] = server.url;
  process.env[SETUP_FOLDER_VARIABLE] = folder;
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
}

/** A test run that was killed leaves its server running: adopt it, stop it, remove its data. */
async function removeLeftOvers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name);
    // Without a lock it belongs to a run that is just starting or just ending.
    if (!name.startsWith(FOLDER_PREFIX) || !existsSync(join(folder, 'data', 'lock'))) continue;
    try {
      const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data') });
      await server.stop();
    } catch (error) {
      if (error instanceof DataFolderInUseError) continue;
      // Data that no longer starts has nothing running either: removing it is all that is left to do.
      console.warn(`Removing ${folder}: ${error}`);
    }
    await rm(folder, { recursive: true, force: true });
  }
}
