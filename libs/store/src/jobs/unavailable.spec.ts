import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testBeat, testManifest } from '@heddle/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { SWEEP_LIMIT } from './requeue.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
/** One that crashes, and one that does not. */
let bad: string;
let good: string;

beforeEach(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  const add = (name: string) =>
    store.models.addVersion({ tenantId, name, description: '', manifest: testManifest() });
  bad = (await add('bad')).id;
  good = (await add('good')).id;
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const submit = async (versionId: string) =>
  (
    await store.jobs.submit({
      id: newUuid(),
      tenantId,
      versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: ['x', 'y'],
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 10,
      idempotency: null,
    })
  ).id;
const beat = (own: NonNullable<Parameters<typeof testBeat>[0]>) => store.workers.heartbeat(testBeat(own));
const inQuarantine = () => ({ [bad]: 1 });
/** As the dispatcher does once it has found the versions for long enough. */
const failUnavailable = async () => store.jobs.failUnavailable(await store.jobs.unavailableVersions());
const find = (id: string) => store.jobs.find(tenantId, id, { inputs: true, results: true });

it('ends what waits for a version that every worker holds in quarantine', async () => {
  const [first, other] = [await submit(bad), await submit(good)];
  const [entry] = await dispatched(bad);
  await beat({ quarantined: inQuarantine() });
  await beat({ quarantined: { ...inQuarantine(), [good]: 5 } });
  const late = await submit(bad);
  expect((await failUnavailable()).sort()).toEqual([first, late].sort());
  const failed = await find(first);
  expect(failed).toMatchObject({
    state: 'failed',
    failed: 2,
    error: { code: 'model-unavailable', retryable: true, attempt: 0 },
  });
  expect(failed!.completedAt).not.toBeNull();
  // The entry that is still in the queue has become worthless.
  expect(await store.jobs.claim([entry!], { id: newUuid(), leaseMs: 60_000 })).toEqual([]);
  expect(await find(other)).toMatchObject({ state: 'queued' });
  expect(await failUnavailable()).toEqual([]);
  const counted = { model: 'bad', task: 'text-classification', source: 'native', status: 'failed', count: 2 };
  expect(await store.jobs.countEnded([first, late, other])).toEqual([counted]);
});

it('leaves jobs that run or are paused', async () => {
  const running = await submit(bad);
  const [entry] = await dispatched(bad);
  const id = newUuid();
  await store.jobs.claim([entry!], { id, leaseMs: 60_000 });
  await beat({ id, quarantined: inQuarantine() });
  expect(await failUnavailable()).toEqual([]);
  expect(await find(running)).toMatchObject({ state: 'running' });
  await submit(bad);
  await database.query(`UPDATE versions SET paused_at = now() WHERE id = '${bad}'`);
  expect(await failUnavailable()).toEqual([]);
});

it('leaves jobs of batches, whose lines have more time', async () => {
  const id = await submit(bad);
  await database.query(`UPDATE jobs SET batch_id = '${newUuid()}' WHERE id = '${id}'`);
  await beat({ quarantined: inQuarantine() });
  expect(await failUnavailable()).toEqual([]);
  expect(await find(id)).toMatchObject({ state: 'queued' });
});

it.each<{ why: string; workers: Parameters<typeof beat>[0][] }>([
  { why: 'there is no worker', workers: [] },
  { why: 'one is not in quarantine', workers: [{ quarantined: { ID: 1 } }, {}] },
  {
    why: 'one of another pool that serves all is not',
    workers: [{ quarantined: { ID: 1 } }, { pool: 'other' }],
  },
  { why: 'one starts', workers: [{ quarantined: { ID: 1 } }, { phase: 'starting' }] },
])('waits while $why', async ({ workers }) => {
  await submit(bad);
  for (const { quarantined = {}, ...worker } of workers)
    await beat({ ...worker, quarantined: quarantined.ID ? inQuarantine() : {} });
  expect(await failUnavailable()).toEqual([]);
});

it('does not count on workers that drain, have gone, or serve other models', async () => {
  const id = await submit(bad);
  await beat({ quarantined: inQuarantine() });
  await beat({ phase: 'draining' });
  await beat({ pool: 'elsewhere', models: ['good'] });
  const gone = newUuid();
  await beat({ id: gone });
  expect(await failUnavailable()).toEqual([]);
  await database.query(`UPDATE workers SET heartbeat_at = now() - interval '16 s' WHERE id = '${gone}'`);
  expect(await failUnavailable()).toEqual([id]);
});

it('ends a bounded number at once', async () => {
  const id = await submit(bad);
  await database.query(
    `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
     SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
       FROM jobs, generate_series(1, ${SWEEP_LIMIT}) WHERE id = '${id}'`,
  );
  await beat({ quarantined: inQuarantine() });
  expect(await failUnavailable()).toHaveLength(SWEEP_LIMIT);
  expect(await failUnavailable()).toHaveLength(1);
});

/** Entries of the version's jobs, which a queue would have. */
async function dispatched(versionId: string): Promise<{ id: string; epoch: number }[]> {
  const entries: { id: string; epoch: number }[] = [];
  await store.jobs.dispatch(versionId, 10, async (chosen) => {
    entries.push(...chosen.map(({ id, epoch }) => ({ id, epoch })));
    return chosen;
  });
  return entries;
}
