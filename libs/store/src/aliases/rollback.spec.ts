import { type CanaryRollback, newUuid, toPublicId } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

const WORKER = newUuid();
let database: TestDatabase;
let store: Store;
let tenantId: string;
let modelId: string;
let versionId: string;
let canaryId: string;

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
  canaryId = await add(128);
  modelId = (await store.models.list(tenantId, { name: 'm' }))[0]!.id;
});

const trial = (rollback: CanaryRollback, shadow = false) =>
  store.aliases.put(
    ...([tenantId, modelId, 'production'] as const),
    {
      version: { id: versionId },
      canary: { version: { id: canaryId }, percent: 10, rollback },
      ...(shadow ? { shadow: { id: canaryId } } : {}),
    },
    null,
  );
const rollBack = async () => {
  const { removed, errors } = await store.aliases.rollBackCanaries();
  expect(errors).toEqual([]);
  return removed;
};
const alias = async () => (await store.aliases.list(tenantId, modelId, 'production'))[0]!;

/** Jobs of the canary that a worker has ended, that many of them failed. */
async function ended(jobs: number, failed: number): Promise<void> {
  for (let i = 0; i < jobs; i++) {
    const id = newUuid();
    await store.jobs.submit({
      ...{ id, tenantId, versionId: canaryId, alias: 'production', canary: true },
      ...{ task: 'text-classification', parameters: {}, inputs: ['x'], metadata: {}, priority: 1 },
      ...{ deadlineS: 600, cost: 1, idempotency: null },
    });
    let epoch = 0;
    await store.jobs.dispatch(canaryId, 1, async ([first]) => {
      epoch = first!.epoch;
    });
    const [claimed] = await store.jobs.claim([{ id, epoch }], { id: WORKER, leaseMs: 60_000 });
    const succeeded = i < failed ? 0 : 1;
    const result = {
      ...{ id, attempt: claimed!.attempt, results: '[]', succeeded, failed: 1 - succeeded, error: null },
      usage: { tokens: 1, padded_tokens: 1, truncated: 0 },
      timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
    };
    expect(await store.jobs.finish([result], WORKER)).toEqual([id]);
  }
}

it('takes a canary away that fails more than its rule allows, and writes it down', async () => {
  await trial({ max_error_rate: 0.2, min_jobs: 10 });
  await ended(9, 9);
  // Too few to conclude anything.
  expect(await rollBack()).toEqual([]);
  await ended(1, 0);
  const looks = await Promise.all([rollBack(), rollBack()]);
  expect(looks.flat()).toEqual([
    { model: 'm', alias: 'production', versionId: canaryId, reason: '9 of 10 jobs failed or expired' },
  ]);
  expect(await alias()).toMatchObject({ versionId, canary: null });
  expect((await store.models.resolve(tenantId, 'm')).canary).toBeNull();
  const [change] = await store.aliases.history(tenantId, modelId, 'production');
  expect(change).toMatchObject({
    actorName: 'heddle',
    refused: null,
    before: { canary: { version: toPublicId('version', canaryId), rollback: { max_error_rate: 0.2 } } },
    after: { version: toPublicId('version', versionId), canary: null },
  });
  const page = { before: null, limit: 1 };
  const [entry] = await store.audit.list(tenantId, { action: 'alias.set' }, page);
  expect(entry).toMatchObject({ actorName: 'heddle', object: 'm@production' });
});

it('leaves one that fails no more than allowed; what an earlier trial did counts for nothing', async () => {
  await trial({ max_error_rate: 0, min_jobs: 5 });
  await ended(5, 5);
  // Taken away and set again: it begins anew.
  await store.aliases.put(tenantId, modelId, 'production', { version: { id: versionId } }, null);
  await trial({ max_error_rate: 0.2, min_jobs: 5 });
  expect(await rollBack()).toEqual([]);
  await ended(5, 1);
  expect(await rollBack()).toEqual([]);
  expect((await alias()).canary).not.toBeNull();
});

it('takes a canary away that disagrees, by its comparisons as the shadow', async () => {
  await trial({ max_disagreement: 0.1, min_jobs: 20 }, true);
  const compared = (jobs: number, same: number) =>
    database.query(
      `INSERT INTO shadow_summaries AS s (model_id, tenant_id, alias, version_id, shadow_version_id, task, jobs, decisions, same)
       VALUES ('${modelId}', '${tenantId}', 'production', '${versionId}', '${canaryId}', 'text-classification', ${jobs}, ${jobs}, ${same})
       ON CONFLICT (model_id, alias, version_id, shadow_version_id, task) DO UPDATE SET jobs = ${jobs}, decisions = ${jobs}, same = ${same}`,
    );
  await compared(19, 0);
  expect(await rollBack()).toEqual([]);
  await compared(20, 18);
  expect(await rollBack()).toEqual([]);
  await compared(40, 35);
  expect(await rollBack()).toMatchObject([{ reason: '5 of 40 decisions differ' }]);
  expect(await alias()).toMatchObject({ canary: null, shadow: { versionId: canaryId } });
});

it('counts what was compared since it became the canary, and of that the newest', async () => {
  const compared = (jobs: number, same: number) =>
    database.query(
      `INSERT INTO shadow_summaries AS s (model_id, tenant_id, alias, version_id, shadow_version_id, task, jobs, decisions, same)
       VALUES ('${modelId}', '${tenantId}', 'production', '${versionId}', '${canaryId}', 'text-classification', ${jobs}, ${jobs}, ${same})
       ON CONFLICT (model_id, alias, version_id, shadow_version_id, task) DO UPDATE SET jobs = ${jobs}, decisions = ${jobs}, same = ${same}`,
    );
  // As a mere shadow it was bad.
  await compared(100, 0);
  await trial({ max_disagreement: 0.1, min_jobs: 20 }, true);
  expect(await rollBack()).toEqual([]);
  // A thousand good ones end a look; what comes then is not measured by them.
  await compared(1_100, 1_000);
  expect(await rollBack()).toEqual([]);
  await compared(1_120, 1_017);
  expect(await rollBack()).toMatchObject([{ reason: '3 of 20 decisions differ' }]);
});

it('takes a canary away whose jobs expire, but not while it is paused', async () => {
  await trial({ max_error_rate: 0.2, min_jobs: 5 });
  await ended(5, 0);
  for (let i = 0; i < 5; i++) {
    await store.jobs.submit({
      ...{ id: newUuid(), tenantId, versionId: canaryId, alias: 'production', canary: true },
      ...{ task: 'text-classification', parameters: {}, inputs: ['x'], metadata: {}, priority: 1 },
      ...{ deadlineS: 600, cost: 1, idempotency: null },
    });
  }
  await database.query(`UPDATE jobs SET deadline = now() - interval '1 s' WHERE completed_at IS NULL`);
  expect(await store.jobs.expireOverdue()).toHaveLength(5);
  await database.query(`UPDATE versions SET paused_at = now() WHERE id = '${canaryId}'`);
  expect(await rollBack()).toEqual([]);
  await database.query(`UPDATE versions SET paused_at = NULL WHERE id = '${canaryId}'`);
  expect(await rollBack()).toMatchObject([{ reason: '5 of 10 jobs failed or expired' }]);
});

it('refuses a rule of disagreement for versions that decide nothing', async () => {
  const add = async (maxTokens: number) =>
    (
      await store.models.addVersion({
        ...{ tenantId, name: 'numbers', description: '' },
        manifest: testManifest({
          maxTokens,
          tasks: ['text-classification', 'embed'],
          problemType: 'regression',
        }),
      })
    ).id;
  const [own, other] = [await add(64), await add(128)];
  const id = (await store.models.list(tenantId, { name: 'numbers' }))[0]!.id;
  const rollback = { max_disagreement: 0.1, min_jobs: 20 };
  const wish = {
    version: { id: own },
    canary: { version: { id: other }, percent: 10, rollback },
    shadow: { id: other },
  };
  await expect(store.aliases.put(tenantId, id, 'production', wish, null)).rejects.toMatchObject({
    code: 'validation',
    message: expect.stringContaining('decides something'),
  });
});
