import { createHash } from 'node:crypto';
import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testBeat, testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import type { FinishedJob } from './finish.js';
import { MAX_ATTEMPTS, MAX_CRASHES, SWEEP_LIMIT } from './requeue.js';
import type { NewJob } from './submit.js';

const ALL = { inputs: true, results: true };
let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;
const worker = { id: newUuid(), leaseMs: 60_000 };

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
  // A tenant and a version of its own keep every test alone with its rows.
  tenantId = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Test')).id;
  versionId = (await addVersion(tenantId, 'm')).id;
});

const addVersion = (owner: string, name: string) =>
  store.models.addVersion({ tenantId: owner, name, description: '', manifest: testManifest() });
/** A version that is everybody's. */
async function sharedVersion(): Promise<string> {
  const library = await store.tenants.ensure(LIBRARY_TENANT, 'Library');
  return (await addVersion(library.id, `m${newUuid().slice(-8)}`)).id;
}

const hash = (text: string) => createHash('sha256').update(text).digest();
const newJob = (overrides: Partial<NewJob> = {}): NewJob => ({
  id: newUuid(),
  tenantId,
  versionId,
  alias: 'production',
  task: 'text-classification',
  parameters: { top_k: 1 },
  inputs: ['good', { text: 'bad' }],
  metadata: { team: 'a' },
  priority: 1,
  deadlineS: 600,
  cost: 10,
  idempotency: null,
  ...overrides,
});
const find = (id: string) => store.jobs.find(tenantId, id, ALL);
const finished = (id: string, attempt: number, overrides: Partial<FinishedJob> = {}): FinishedJob => ({
  id,
  attempt,
  results: JSON.stringify([{ index: 0, output: { labels: [{ label: 'positive', score: 0.25 }] } }]),
  succeeded: 1,
  failed: 0,
  usage: { tokens: 3, padded_tokens: 4, truncated: 0 },
  timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
  error: null,
  ...overrides,
});
/** Submits and dispatches one job; returns its entry. */
async function dispatched(overrides: Partial<NewJob> = {}): Promise<{ id: string; epoch: number }> {
  const { id } = await store.jobs.submit(newJob(overrides));
  let epoch = -1;
  await store.jobs.dispatch(versionId, 100, async (candidates) => {
    epoch = candidates.find((candidate) => candidate.id === id)!.epoch;
    return candidates;
  });
  return { id, epoch };
}
async function claimed(overrides: Partial<NewJob> = {}, leaseMs = worker.leaseMs) {
  const entry = await dispatched(overrides);
  const [job] = await store.jobs.claim([entry], { ...worker, leaseMs });
  return job!;
}

describe('accepting', () => {
  it('commits jobs that come at the same time together, each with its own inputs', async () => {
    const jobs = Array.from({ length: 60 }, (_, i) => newJob({ inputs: [`text ${i}`], priority: i % 3 }));
    const submitted = await Promise.all(jobs.map((job) => store.jobs.submit(job)));
    expect(submitted).toEqual(jobs.map(({ id }) => ({ id, created: true, answerStatus: null })));
    const found = await Promise.all(jobs.map(({ id }) => find(id)));
    for (const [i, job] of jobs.entries()) {
      expect(found[i]).toMatchObject({
        id: job.id,
        inputs: job.inputs,
        priority: job.priority,
        state: 'queued',
      });
    }
    const [row] = await database.query<{ transactions: number }>(
      `SELECT count(DISTINCT xmin::text)::int AS transactions FROM jobs WHERE tenant_id = '${tenantId}'`,
    );
    expect(row!.transactions).toBeLessThan(10);
  });

  it('refuses a job for what is wrong with it, and none that came with it', async () => {
    const jobs = [newJob(), newJob({ cost: 0 }), newJob()];
    const answers = await Promise.allSettled(jobs.map((job) => store.jobs.submit(job)));
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const found = await Promise.all(jobs.map(({ id }) => find(id)));
    expect(found.map((job) => job?.id ?? null)).toEqual([jobs[0]!.id, null, jobs[2]!.id]);
  });

  it('keeps tenants apart that come at the same time', async () => {
    const other = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Other')).id;
    versionId = await sharedVersion();
    const [own, foreign] = [newJob(), newJob({ tenantId: other })];
    await Promise.all([own, foreign].map((job) => store.jobs.submit(job)));
    const asked = [own, foreign].flatMap(({ id }) => [tenantId, other].map((asker) => ({ id, asker })));
    const seen = await Promise.all(asked.map(({ id, asker }) => store.jobs.find(asker, id, ALL)));
    expect(seen.map((job) => job?.tenantId ?? null)).toEqual([tenantId, null, null, other]);
  });

  it('commits the job with its inputs as they were sent', async () => {
    const { id, created } = await store.jobs.submit(newJob());
    expect(created).toBe(true);
    expect(await find(id)).toMatchObject({
      state: 'queued',
      inputs: ['good', { text: 'bad' }],
      results: null,
      parameters: { top_k: 1 },
      metadata: { team: 'a' },
      items: 2,
      attempt: 0,
      sequence: 1,
      versionNumber: 1,
      model: 'm',
    });
  });

  it('makes one job of sixteen concurrent requests with one key', async () => {
    const idempotency = { key: 'k', requestHash: hash('body') };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => store.jobs.submit(newJob({ idempotency }))),
    );
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
  });

  it('refuses a key that was used with another body, and keeps keys of tenants apart', async () => {
    versionId = await sharedVersion();
    const first = await store.jobs.submit(newJob({ idempotency: { key: 'k', requestHash: hash('a') } }));
    await expect(
      store.jobs.submit(newJob({ idempotency: { key: 'k', requestHash: hash('b') } })),
    ).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    const other = await store.tenants.ensure(`o-${newUuid().slice(-12)}`, 'Other');
    const second = await store.jobs.submit(
      newJob({ tenantId: other.id, idempotency: { key: 'k', requestHash: hash('b') } }),
    );
    expect(second.id).not.toBe(first.id);
  });

  it('frees the key of a job that came to nothing, and of no other', async () => {
    const idempotency = { key: 'k', requestHash: hash('a') };
    const first = await store.jobs.submit(newJob({ idempotency }));
    await store.jobs.forgetKey(tenantId, first.id);
    expect(await store.jobs.findByKey(tenantId, 'k')).toMatchObject({ id: first.id, state: 'queued' });
    await store.jobs.cancel(tenantId, first.id);
    await store.jobs.forgetKey(tenantId, first.id);
    expect(await store.jobs.findByKey(tenantId, 'k')).toBeNull();
    const other = { key: 'k', requestHash: hash('b') };
    expect((await store.jobs.submit(newJob({ idempotency: other }))).created).toBe(true);
    const { id } = (await store.jobs.findByKey(tenantId, 'k'))!;
    await database.query(`UPDATE jobs SET data_removed_at = now() WHERE id = '${id}'`);
    expect(await store.jobs.findByKey(tenantId, 'k')).toMatchObject({ id, dataRemoved: true });
    await store.jobs.forgetKey(tenantId, id);
    expect(await store.jobs.findByKey(tenantId, 'k')).toBeNull();
  });

  it('refuses a job for another tenant’s version', async () => {
    const other = await store.tenants.ensure(`o-${newUuid().slice(-12)}`, 'Other');
    await expect(store.jobs.submit(newJob({ tenantId: other.id }))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('does not show a job to another tenant', async () => {
    const { id } = await store.jobs.submit(newJob());
    const other = await store.tenants.ensure(`o-${newUuid().slice(-12)}`, 'Other');
    expect(await store.jobs.find(other.id, id, ALL)).toBeNull();
    expect(await store.jobs.cancel(other.id, id)).toBeNull();
  });
});

describe('dispatch', () => {
  it('marks what was chosen, and nothing when adding fails', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await store.jobs.submit(newJob())).id);
    await expect(
      store.jobs.dispatch(versionId, 10, () => Promise.reject(new Error('queue is away'))),
    ).rejects.toThrow('queue is away');
    expect(await store.jobs.windowOf(versionId)).toEqual([]);

    expect(await store.jobs.dispatch(versionId, 2, async () => undefined)).toBe(2);
    expect(await store.jobs.windowOf(versionId)).toEqual([
      {
        priority: 1,
        tenantId,
        jobs: 2,
        cost: 20,
        waitingJobs: 2,
        waitingCost: 20,
        waitedMs: expect.any(Number),
      },
    ]);
    const rest: string[] = [];
    await store.jobs.dispatch(versionId, 10, async (candidates) => {
      rest.push(...candidates.map((candidate) => candidate.id));
      return candidates;
    });
    expect(rest).toEqual([ids[2]]);
    expect(await store.jobs.versionsWithBacklog()).not.toContain(versionId);
  });

  it('leaves alone what is past its deadline', async () => {
    await store.jobs.submit(newJob({ deadlineS: 0.001 }));
    const { id } = await store.jobs.submit(newJob());
    await new Promise((resolve) => setTimeout(resolve, 20));
    const seen: string[] = [];
    await store.jobs.dispatch(versionId, 10, async (candidates) => {
      seen.push(...candidates.map((candidate) => candidate.id));
      return candidates;
    });
    expect(seen).toEqual([id]);
  });

  it('holds nothing but what was chosen while the queue is asked', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await store.jobs.submit(newJob())).id);
    const added = await store.jobs.dispatch(
      versionId,
      10,
      async (chosen) => {
        expect(chosen.map((job) => job.id)).toEqual([ids[0]]);
        // Would fail with the lock timeout if the row were held.
        expect(await store.jobs.cancel(tenantId, ids[1]!)).toBe(ids[1]);
        return chosen;
      },
      (candidates) => candidates.slice(0, 1),
    );
    expect(added).toBe(1);
    expect(await store.jobs.windowOf(versionId)).toMatchObject([{ jobs: 1, cost: 10 }]);
  });

  it('never hands one job to two dispatchers at a time', async () => {
    for (let i = 0; i < 20; i++) await store.jobs.submit(newJob());
    const seen: string[] = [];
    const take = () =>
      store.jobs.dispatch(versionId, 15, async (candidates) => {
        seen.push(...candidates.map((candidate) => candidate.id));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return candidates;
      });
    // Both may choose the same fifteen and share them; what is left is for the next round.
    for (let round = 0; round < 10 && seen.length < 20; round++) await Promise.all([take(), take()]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(20);
  });
});

describe('the fence', () => {
  it('lets one of many claims win', async () => {
    const entry = await dispatched();
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => store.jobs.claim([entry], { id: newUuid(), leaseMs: 60_000 })),
    );
    expect(claims.flat()).toHaveLength(1);
    expect(claims.flat()[0]).toMatchObject({
      id: entry.id,
      attempt: 1,
      inputs: ['good', { text: 'bad' }],
      crashes: 0,
    });
  });

  it('refuses an entry of an older dispatch', async () => {
    const entry = await dispatched();
    expect(await store.jobs.undispatch([entry])).toBe(1);
    expect(await store.jobs.claim([entry], worker)).toEqual([]);
    expect(await store.jobs.claim([{ ...entry, epoch: entry.epoch + 1 }], worker)).toHaveLength(1);
  });

  it('stores one result: that of the attempt that holds it', async () => {
    const job = await claimed();
    expect(await store.jobs.finish([finished(job.id, job.attempt + 1)], worker.id)).toEqual([]);
    expect(await store.jobs.finish([finished(job.id, job.attempt)], worker.id)).toEqual([job.id]);
    expect(
      await store.jobs.finish([finished(job.id, job.attempt, { succeeded: 0, failed: 1 })], worker.id),
    ).toEqual([]);
    expect(await find(job.id)).toMatchObject({
      state: 'succeeded',
      results: [{ index: 0, output: { labels: [{ label: 'positive', score: 0.25 }] } }],
      succeeded: 1,
      usage: { tokens: 3 },
    });
  });

  it('knows another worker’s attempt of the same number, which a crash of Postgres can lead to, as none of its own', async () => {
    const job = await claimed();
    const other = { id: newUuid(), leaseMs: 60_000 };
    expect(await store.jobs.finish([finished(job.id, job.attempt)], other.id)).toEqual([]);
    expect(await store.jobs.giveBack([job], 'drained', other.id)).toEqual({ queued: [], failed: [] });
    expect(await store.jobs.extendLeases([job], other)).toEqual([job.id]);
    expect(await store.jobs.finish([finished(job.id, job.attempt)], worker.id)).toEqual([job.id]);
  });

  it('drops the result of a worker whose lease went to another', async () => {
    const slow = await claimed({}, 1);
    await waitFor(async () => (await store.jobs.giveBackExpiredLeases()).queued.includes(slow.id));
    let epoch = 0;
    await store.jobs.dispatch(versionId, 10, async (candidates) => {
      epoch = candidates[0]!.epoch;
      return candidates;
    });
    const [again] = await store.jobs.claim([{ id: slow.id, epoch }], worker);
    expect(again!.attempt).toBe(2);
    expect(await store.jobs.finish([finished(slow.id, slow.attempt)], worker.id)).toEqual([]);
    expect(await store.jobs.extendLeases([slow], worker)).toEqual([slow.id]);
    expect(await store.jobs.finish([finished(slow.id, again!.attempt)], worker.id)).toEqual([slow.id]);
  });

  it('discards the result of a canceled job', async () => {
    const job = await claimed();
    expect(await store.jobs.cancel(tenantId, job.id)).toBe(job.id);
    expect(await store.jobs.cancel(tenantId, job.id)).toBeNull();
    expect(await store.jobs.finish([finished(job.id, job.attempt)], worker.id)).toEqual([]);
    expect(await find(job.id)).toMatchObject({ state: 'canceled', results: null });
  });

  it('fails a job whose every item failed, with its results', async () => {
    const job = await claimed();
    const error = { code: 'all-items-failed' as const, message: 'x', retryable: false, attempt: 1 };
    await store.jobs.finish([finished(job.id, job.attempt, { succeeded: 0, failed: 2, error })], worker.id);
    expect(await find(job.id)).toMatchObject({ state: 'failed', error, failed: 2 });
  });
});

describe('going back', () => {
  /** Dispatches and claims the queued job once more. */
  async function reclaim(id: string) {
    let epoch = -1;
    await store.jobs.dispatch(versionId, 100, async (candidates) => {
      epoch = candidates.find((candidate) => candidate.id === id)!.epoch;
      return candidates;
    });
    const [job] = await store.jobs.claim([{ id, epoch }], worker);
    return job!;
  }

  it(`fails with worker-crashed after ${MAX_CRASHES} crashes`, async () => {
    let job = await claimed();
    for (let crash = 1; crash < MAX_CRASHES; crash++) {
      expect(await store.jobs.giveBack([job], 'worker-crashed', worker.id)).toEqual({
        queued: [job.id],
        failed: [],
      });
      job = await reclaim(job.id);
      expect(job.crashes).toBe(crash);
    }
    expect(await store.jobs.giveBack([job], 'worker-crashed', worker.id)).toEqual({
      queued: [],
      failed: [job.id],
    });
    expect(await find(job.id)).toMatchObject({
      state: 'failed',
      failed: 2,
      error: { code: 'worker-crashed', attempt: MAX_CRASHES },
    });
  });

  it(`fails with attempts-exhausted after ${MAX_ATTEMPTS} lost attempts; drains do not count`, async () => {
    let job = await claimed();
    for (let i = 0; i < 10; i++) {
      expect(await store.jobs.giveBack([job], 'drained', worker.id)).toEqual({
        queued: [job.id],
        failed: [],
      });
      job = await reclaim(job.id);
    }
    for (let lost = 1; lost < MAX_ATTEMPTS; lost++) {
      expect(await store.jobs.giveBack([job], 'lost', worker.id)).toEqual({ queued: [job.id], failed: [] });
      job = await reclaim(job.id);
    }
    expect(await store.jobs.giveBack([job], 'lost', worker.id)).toEqual({ queued: [], failed: [job.id] });
    expect(await find(job.id)).toMatchObject({ state: 'failed', error: { code: 'attempts-exhausted' } });
  });

  it('is fenced by attempt', async () => {
    const job = await claimed();
    expect(await store.jobs.giveBack([{ id: job.id, attempt: 7 }], 'lost', worker.id)).toEqual({
      queued: [],
      failed: [],
    });
    expect(await find(job.id)).toMatchObject({ state: 'running' });
  });

  it('ends the leases of a worker that has not been heard of for long, and no others', async () => {
    const gone = await claimed();
    const other = newUuid();
    const [kept] = await store.jobs.claim([await dispatched()], { id: other, leaseMs: 60_000 });
    for (const id of [worker.id, other]) await store.workers.heartbeat(testBeat({ id }));
    expect(await store.jobs.endLeasesOfGoneWorkers()).toBe(0);
    await database.query(
      `UPDATE workers SET heartbeat_at = now() - interval '31 s' WHERE id = '${worker.id}'`,
    );
    await store.jobs.endLeasesOfGoneWorkers();
    const { queued } = await store.jobs.giveBackExpiredLeases();
    expect(queued).toContain(gone.id);
    expect(queued).not.toContain(kept!.id);
    await store.workers.remove(worker.id);
  });

  it('leaves live leases alone', async () => {
    const job = await claimed();
    const { queued } = await store.jobs.giveBackExpiredLeases();
    expect(queued).not.toContain(job.id);
    expect(await store.jobs.extendLeases([job], worker)).toEqual([]);
  });

  it('expires queued and running jobs that miss their deadline, and claims none of them', async () => {
    const entry = await dispatched({ deadlineS: 0.001 });
    const [queued] = [await store.jobs.submit(newJob({ deadlineS: 0.001 }))];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await store.jobs.claim([entry], worker)).toEqual([]);
    expect(await store.jobs.untilDeadlineMs()).toBeLessThan(0);
    const expired = await store.jobs.expireOverdue();
    expect(expired).toEqual(expect.arrayContaining([entry.id, queued!.id]));
    expect(await find(entry.id)).toMatchObject({ state: 'expired', error: { code: 'deadline-exceeded' } });
  });

  it('rebuilds the window after the queue was lost, but keeps running jobs', async () => {
    const running = await claimed();
    const waiting = await dispatched();
    expect(await store.jobs.undispatchAll()).toBeGreaterThanOrEqual(1);
    expect(await store.jobs.claim([waiting], worker)).toEqual([]);
    expect(await find(running.id)).toMatchObject({ state: 'running' });
    expect(await store.jobs.versionsWithBacklog()).toContain(versionId);
  });

  it('lists dispatched entries only beyond the grace', async () => {
    const entry = await dispatched();
    expect(await store.jobs.dispatchedEntries(versionId, 60_000)).toEqual([]);
    await waitFor(async () => (await store.jobs.dispatchedEntries(versionId, 1)).length === 1);
    expect(await store.jobs.dispatchedEntries(versionId, 1)).toEqual([entry]);
    expect(await store.jobs.versionsInWindow()).toContain(versionId);
  });

  it('lists every dispatched entry, however many there are', async () => {
    const { id } = await dispatched();
    const copies = 2 * SWEEP_LIMIT + 5;
    await database.query(
      `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline, dispatched_at)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline, dispatched_at
         FROM jobs, generate_series(1, ${copies}) WHERE id = '${id}'`,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const entries = await store.jobs.dispatchedEntries(versionId, 1);
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(copies + 1);
  });
});

describe('reading', () => {
  it('pages newest first, without skips or repeats while jobs arrive', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await store.jobs.submit(newJob())).id);
    const page = { before: null as string | null, limit: 2, maxBytes: 1_000_000 };
    const seen: string[] = [];
    for (;;) {
      const { rows } = await store.jobs.list(tenantId, {}, page, { inputs: false, results: false });
      if (rows.length === 0) break;
      seen.push(...rows.map((row) => row.id));
      page.before = rows.at(-1)!.id;
      await store.jobs.submit(newJob());
    }
    expect(seen).toEqual([...ids].reverse());
  });

  it('ends a page where it would become too large, and never before its first job', async () => {
    const kb = (count: number) => newJob({ inputs: ['x'.repeat(count * 1024)] });
    const ids: string[] = [];
    for (const size of [1, 100, 100, 1, 300]) ids.push((await store.jobs.submit(kb(size))).id);
    const page = async (
      include: { inputs: boolean; results: boolean },
      before: string | null,
      limit = 10,
    ) => {
      const { rows, more } = await store.jobs.list(
        tenantId,
        {},
        { before, limit, maxBytes: 210 * 1024 },
        include,
      );
      return [...rows.map((row) => ids.indexOf(row.id)), more];
    };
    expect(await page(ALL, null)).toEqual([4, true]);
    expect(await page(ALL, ids[4]!)).toEqual([3, 2, 1, 0, false]);
    expect(await page(ALL, ids[4]!, 2)).toEqual([3, 2, true]);
    expect(await page({ inputs: false, results: true }, null)).toEqual([4, 3, 2, 1, 0, false]);

    // Results and parameters count as well.
    await database.query(
      `INSERT INTO job_results SELECT id, to_json(repeat('y', 150000)) FROM jobs WHERE id = '${ids[1]}'`,
    );
    expect(await page(ALL, ids[4]!)).toEqual([3, 2, true]);
    expect(await page({ inputs: false, results: true }, ids[4]!)).toEqual([3, 2, 1, 0, false]);
    await database.query(
      `UPDATE jobs SET parameters = to_json(repeat('z', 250000)) WHERE id IN ('${ids[2]}', '${ids[3]}')`,
    );
    expect(await page({ inputs: false, results: false }, null)).toEqual([4, true]);
    expect(await page({ inputs: false, results: false }, ids[4]!)).toEqual([3, true]);
  });

  it('filters', async () => {
    const a = await store.jobs.submit(newJob({ metadata: { team: 'x' } }));
    await store.jobs.submit(newJob());
    const list = async (filter: Parameters<Store['jobs']['list']>[1]) =>
      (await store.jobs.list(tenantId, filter, { before: null, limit: 10, maxBytes: 1_000_000 }, ALL)).rows
        .length;
    expect(await list({ metadata: { team: 'x' } })).toBe(1);
    expect(await list({ states: ['queued'] })).toBe(2);
    expect(await list({ states: ['failed', 'expired'] })).toBe(0);
    expect(await list({ model: 'm', task: 'text-classification', versionId })).toBe(2);
    expect(await list({ model: 'other' })).toBe(0);
    expect(await list({ createdAfter: new Date(Date.now() + 60_000) })).toBe(0);
    await store.jobs.cancel(tenantId, a.id);
    expect(await list({ states: ['canceled'] })).toBe(1);
    expect(await store.jobs.endedAmong([a.id])).toEqual([a.id]);
  });
});
