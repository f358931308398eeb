import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { newUuid } from '@heddle/contracts';
import { openStore, type Store } from '@heddle/store';
import { createMigratedDatabase, messageOf, type TestDatabase, testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const ALL = { inputs: true, results: true };

let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;
const dispatchers: ChildProcess[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  const model = { tenantId, name: 'm', description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});
afterAll(async () => {
  for (const child of dispatchers) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  await store.close();
  await database.drop();
});

it('two dispatchers remove the data that is due, rows a day later, and nothing else', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 250; i++) ids.push(await canceled(60));
  const kept = [await canceled(3600), await canceled(undefined)];
  const open = await submit(60);
  const longGone = ids[0]!;
  await database.query(
    `UPDATE jobs SET completed_at = completed_at - interval '61 s' WHERE completed_at IS NOT NULL`,
  );
  const env = { HEDDLE_RETENTION_INTERVAL_MS: '200', HEDDLE_JOB_RETENTION_DAYS: '1' };
  await Promise.all([startDispatcher(env), startDispatcher(env)]);

  await waitFor(async () => (await inputsLeft()) <= 3);
  expect(await inputsLeft()).toBe(3);
  for (const id of [...kept, open]) {
    expect(await store.jobs.find(tenantId, id, ALL)).toMatchObject({ dataRemoved: false, inputs: ['x'] });
  }
  expect(await store.jobs.find(tenantId, longGone, ALL)).toMatchObject({ dataRemoved: true, inputs: null });

  await database.query(
    `UPDATE jobs SET data_removed_at = data_removed_at - interval '25 hours' WHERE id = '${longGone}'`,
  );
  await waitFor(async () => (await store.jobs.find(tenantId, longGone, ALL)) === null);
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM jobs');
  expect(row!.count).toBe(252);
});

async function submit(resultTtlS: number | undefined): Promise<string> {
  const { id } = await store.jobs.submit({
    id: newUuid(),
    tenantId,
    versionId,
    alias: null,
    task: 'text-classification',
    parameters: {},
    inputs: ['x'],
    metadata: {},
    priority: 1,
    deadlineS: 600,
    cost: 10,
    idempotency: null,
    ...(resultTtlS === undefined ? {} : { resultTtlS }),
  });
  return id;
}

async function canceled(resultTtlS: number | undefined): Promise<string> {
  const id = await submit(resultTtlS);
  await store.jobs.cancel(tenantId, id);
  return id;
}

async function inputsLeft(): Promise<number> {
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM job_inputs');
  return row!.count;
}

async function startDispatcher(env: Record<string, string>): Promise<void> {
  const child = fork(MAIN, {
    env: { PATH: process.env.PATH, HEDDLE_DATABASE_URL: database.url, HEDDLE_LOG_LEVEL: 'error', ...env },
  });
  dispatchers.push(child);
  await messageOf(child, 'ready');
}
