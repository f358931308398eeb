import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testBeat, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

const WORKER = newUuid();
const ALL = { inputs: true, results: true };
const PAGE = { before: null, limit: 100, maxBytes: 1_000_000 };
let database: TestDatabase;
let store: Store;
let tenantId: string;
let modelId: string;
/** UUIDs of the alias's version and of its shadow. */
let versionId: string;
let shadowVersionId: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  await database.query('DELETE FROM jobs');
  tenantId = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Test')).id;
  const add = async (maxTokens: number) =>
    (
      await store.models.addVersion({
        tenantId,
        name: 'm',
        description: '',
        manifest: testManifest({ maxTokens }),
      })
    ).id;
  versionId = await add(64);
  shadowVersionId = await add(128);
  modelId = (await store.models.list(tenantId, { name: 'm' }))[0]!.id;
});

const labels = (label: string, score: number) => [{ index: 0, output: { labels: [{ label, score }] } }];

async function submit(shadowed = true): Promise<string> {
  const id = newUuid();
  await store.jobs.submit({
    id,
    tenantId,
    versionId,
    alias: 'production',
    ...(shadowed ? { shadowVersionId } : {}),
    task: 'text-classification',
    parameters: {},
    inputs: ['a text'],
    metadata: {},
    priority: 1,
    deadlineS: 600,
    cost: 1,
    idempotency: null,
  });
  return id;
}
/** A worker takes the entry and answers. */
async function answer(entry: { id: string; epoch: number }, results: object[], ok = true): Promise<void> {
  const [claimed] = await store.jobs.claim([entry], { id: WORKER, leaseMs: 60_000 });
  expect(claimed).toMatchObject({ inputs: ['a text'] });
  const ended = {
    ...{ id: entry.id, attempt: claimed!.attempt, results: JSON.stringify(results) },
    ...{ succeeded: ok ? 1 : 0, failed: ok ? 0 : 1, error: null },
    usage: { tokens: 3, padded_tokens: 3, truncated: 0 },
    timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
  };
  expect(await store.jobs.finish([ended], WORKER)).toEqual([entry.id]);
}
async function finished(label = 'a', score = 0.75): Promise<string> {
  const id = await submit();
  let entry = { id, epoch: 0 };
  await store.jobs.dispatch(versionId, 10, async ([first]) => {
    entry = first!;
  });
  await answer(entry, labels(label, score));
  return id;
}
const summaries = () =>
  store.shadows.summaries(tenantId, { modelId, alias: 'production', versionId, shadowVersionId });

it('runs a job again when it has ended, compares the answers, and shows nothing of it', async () => {
  const jobs = [await finished('a', 0.75), await finished('a', 0.75)];
  expect(await store.shadows.hasDue()).toBe(true);
  const runs = await store.shadows.makeRuns();
  expect(runs).toHaveLength(2);
  expect(runs[0]).toMatchObject({ versionId: shadowVersionId, tenantId, priority: 3 });
  expect(await store.shadows.makeRuns()).toEqual([]);
  // Under way, it is nobody's: neither the quota's nor the queue's nor the window's.
  expect((await store.jobs.backlog()).items).toBe(0);
  expect(await store.jobs.windowOf(shadowVersionId)).toEqual([]);
  expect(await store.queues.find(shadowVersionId)).toMatchObject({ queued: [0, 0, 0], running: 0 });
  await answer(runs[0]!, labels('a', 0.5));
  await answer(runs[1]!, labels('b', 1));
  expect(await store.shadows.compare()).toBe(2);
  expect(await summaries()).toEqual([
    {
      task: 'text-classification',
      ...{ jobs: 2, failed: 0, dropped: 0, decisions: 2, same: 1, differences: 1, difference: 0.25 },
    },
  ]);
  expect(await store.shadows.hasDue()).toBe(false);
  const listed = (await store.jobs.list(tenantId, {}, PAGE, ALL)).rows.map(({ id }) => id);
  expect(listed.sort()).toEqual(jobs.sort());
  for (const { id } of runs) {
    expect(await store.jobs.find(tenantId, id, ALL)).toBeNull();
    expect(await store.jobs.purge(tenantId, id)).toBeNull();
    expect(await store.jobs.cancel(tenantId, id)).toBeNull();
  }
  // The answer of the shadow is gone, and the job's is its own version's.
  expect(await database.query(`SELECT FROM job_results WHERE job_id = '${runs[1]!.id}'`)).toEqual([]);
  expect((await store.jobs.find(tenantId, jobs[0]!, ALL))!.results).toEqual(labels('a', 0.75));
});

it('runs nothing while anything waits, and gives up what gets no room in time', async () => {
  await finished();
  const waiting = await submit(false);
  expect(await store.shadows.makeRuns()).toEqual([]);
  expect(await store.shadows.dropLate(30)).toBe(0);
  expect(await store.shadows.dropLate(0)).toBe(1);
  expect(await summaries()).toMatchObject([{ jobs: 0, dropped: 1 }]);
  await store.jobs.cancel(tenantId, waiting);
  expect(await store.shadows.makeRuns()).toEqual([]);
});

it('waits for no job of a paused version, and bounds what is under way', async () => {
  const big = await store.models.addVersion({
    ...{ tenantId, name: 'paused', description: '', manifest: testManifest() },
  });
  await database.query(`UPDATE versions SET paused_at = now() WHERE id = '${big.id}'`);
  for (let i = 0; i < 3; i++) await finished();
  await database.query(`UPDATE jobs SET cost = 5000`);
  await database.query(`UPDATE jobs SET completed_at = now() - interval '1 s' WHERE shadow_due`);
  // One alone may be beyond the bound.
  const runs = await store.shadows.makeRuns();
  expect(runs).toHaveLength(1);
  expect(await store.shadows.makeRuns()).toEqual([]);
  await answer(runs[0]!, labels('a', 1));
  await database.query('UPDATE jobs SET cost = 1500 WHERE shadow_due AND shadow_of IS NULL');
  await finished();
  // 1500, 1500 and what the last one costs.
  expect(await store.shadows.makeRuns()).toHaveLength(3);
});

it('runs nothing while as many jobs run as live workers have threads', async () => {
  await finished();
  const busy = await submit(false);
  let epoch = 0;
  await store.jobs.dispatch(versionId, 1, async ([first]) => {
    epoch = first!.epoch;
  });
  const [claimed] = await store.jobs.claim([{ id: busy, epoch }], { id: WORKER, leaseMs: 60_000 });
  expect(claimed).toBeDefined();
  expect(await store.shadows.makeRuns()).toEqual([]);
  await store.workers.heartbeat(testBeat({ id: WORKER, threads: 2 }));
  expect(await store.shadows.makeRuns()).toHaveLength(1);
  await store.workers.remove(WORKER);
});

it('counts what the shadow failed, what was lost on the way, and jobs that did not succeed as they are', async () => {
  await finished();
  await finished();
  const failed = await submit();
  await store.jobs.cancel(tenantId, failed);
  const [one, other] = await store.shadows.makeRuns();
  await answer(one!, [{ index: 0, error: { code: 'internal', message: '' } }], false);
  // A worker that is lost does not get it again: nothing dispatches it, and it ends by its deadline.
  await store.jobs.undispatch([{ id: other!.id, epoch: other!.epoch }]);
  expect(await store.jobs.versionsWithBacklog()).toEqual([]);
  expect(await store.jobs.dispatch(shadowVersionId, 10, async () => undefined)).toBe(0);
  await database.query(`UPDATE jobs SET deadline = now() - interval '1 s' WHERE id = '${other!.id}'`);
  expect(await store.jobs.expireOverdue()).toEqual([other!.id]);
  expect(await store.shadows.compare()).toBe(2);
  expect(await store.shadows.dropLate(30)).toBe(1);
  expect(await summaries()).toMatchObject([{ jobs: 1, failed: 1, dropped: 1, decisions: 1, same: 0 }]);
});

it('erases the shadow’s answer with the job’s data, and stops a second run that is under way', async () => {
  const [first, second] = [await finished(), await finished()];
  const [one, other] = await store.shadows.makeRuns();
  await answer(one!, labels('a', 1));
  expect(await store.jobs.purge(tenantId, first)).toBe('purged');
  expect(await store.jobs.purge(tenantId, second)).toBe('purged');
  expect(await database.query('SELECT FROM job_results')).toEqual([]);
  expect(await database.query('SELECT FROM job_inputs')).toEqual([]);
  expect(await store.jobs.claim([other!], { id: WORKER, leaseMs: 60_000 })).toEqual([]);
  expect(await store.shadows.compare()).toBe(2);
  expect(await summaries()).toMatchObject([{ jobs: 0, dropped: 2 }]);
  await database.query(`UPDATE jobs SET data_removed_at = now() - interval '2 days' WHERE shadow_of IS NULL`);
  expect(await store.jobs.removeOldRows(1)).toBe(2);
  expect(await database.query('SELECT FROM jobs')).toEqual([]);
});

it('keeps no version from being deleted by a second run alone', async () => {
  await finished();
  const [run] = await store.shadows.makeRuns();
  expect(await store.versions.remove(tenantId, shadowVersionId)).toEqual({ canceled: false });
  expect(run).toBeDefined();
});
