/** What a setup leaves behind, made once: compiling the shipped models takes longer than many a fault. */
import { execFile } from 'node:child_process';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestFolder, setUpHeddle, startTestPostgres, testDatabase } from '@heddle/testing';

const DATABASE_VARIABLE = 'HEDDLE_TEST_POSTGRES_URL';

let template;

/** { saved, setupOn }: data for `startTestPostgres`, and, with the server that has begun with them, the setup on it. */
export async function copyOfTemplate() {
  template ??= makeTemplate();
  const { folder, name, key } = await template;
  const setupOn = async (postgres) => {
    process.env[DATABASE_VARIABLE] = postgres.url;
    const copy = await createTestFolder('heddle-chaos-system-');
    await rmdir(copy);
    await promisify(execFile)('cp', ['-a', join(folder, 'heddle'), copy]);
    return { database: testDatabase(postgres.url, name), dataDir: copy, key };
  };
  return { saved: join(folder, 'postgres'), setupOn };
}

async function makeTemplate() {
  const folder = await createTestFolder('heddle-chaos-template-');
  const postgres = await startTestPostgres();
  try {
    process.env[DATABASE_VARIABLE] = postgres.url;
    const { database, dataDir, key } = await setUpHeddle();
    await promisify(execFile)('mv', [dataDir, join(folder, 'heddle')]);
    await postgres.saveTo(join(folder, 'postgres'));
    return { folder, name: database.name, key };
  } finally {
    await postgres.stop();
  }
}
