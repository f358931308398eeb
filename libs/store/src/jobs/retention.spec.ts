import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { RETENTION_BATCH } from './retention.js';
import type { NewJob } from './submit.js';

const ALL = { inputs: true, results: true };
const worker = { id: newUuid(), leaseMs: 60_000 };
let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  const model = { tenantId, name: 'm', description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => database.query('DELETE FROM jobs'));

/** Of a job that keeps its data, as those of before there was `result_ttl_s`. */
const KEPT = { resultTtlS: null };

async function submit(overrides: Partial<NewJob> = {}): Promise<string> {
  const { id } = await store.jobs.submit({
    id: newUuid(),
    tenantId,
    versionId,
    alias: null,
    task: 'text-classification',
    parameters: {},
    inputs: ['secret text'],
    metadata: {},
    priority: 1,
    deadlineS: 600,
    cost: 10,
    idempotency: null,
    resultTtlS: 3600,
    ...overrides,
  });
  return id;
}

async function claim(id: string): Promise<number> {
  let epoch = 0;
  await store.jobs.dispatch(versionId, 1000, async (candidates) => {
    epoch = candidates.find((candidate) => candidate.id === id)!.epoch;
    return candidates;
  });
  return (await store.jobs.claim([{ id, epoch }], worker))[0]!.attempt;
}

const finish = (id: string, attempt: number) =>
  store.jobs.finish(
    [
      {
        id,
        attempt,
        results: '[{"index":0,"output":{"labels":[]}}]',
        succeeded: 1,
        failed: 0,
        usage: { tokens: 3, padded_tokens: 4, truncated: 0 },
        timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
        error: null,
      },
    ],
    worker.id,
  );

async function ended(overrides: Partial<NewJob> = {}): Promise<string> {
  const id = await submit(overrides);
  await finish(id, await claim(id));
  return id;
}

/** Moves the end of a job into the past. */
const endedAgo = (id: string, seconds: number) =>
  database.query(
    `UPDATE jobs SET completed_at = now() - make_interval(secs => ${seconds}) WHERE id = '${id}'`,
  );
const dataRows = async () => {
  const [row] = await database.query<{ inputs: number; results: number }>(
    'SELECT (SELECT count(*)::int FROM job_inputs) AS inputs, (SELECT count(*)::int FROM job_results) AS results',
  );
  return row!;
};

describe('purge', () => {
  it('erases inputs and results of a job that has ended, once', async () => {
    const id = await ended();
    expect(await store.jobs.purge(tenantId, id)).toBe('purged');
    const [row] = await database.query<{ at: string }>('SELECT data_removed_at::text AS at FROM jobs');
    expect(await store.jobs.purge(tenantId, id)).toBe('purged');
    expect(await database.query('SELECT data_removed_at::text AS at FROM jobs')).toEqual([row]);
    expect(await dataRows()).toEqual({ inputs: 0, results: 0 });
    const job = await store.jobs.find(tenantId, id, ALL);
    expect(job).toMatchObject({
      state: 'succeeded',
      dataRemoved: true,
      inputs: null,
      results: null,
      succeeded: 1,
    });
  });

  it('leaves what has not ended, and what is another tenant’s', async () => {
    const queued = await submit();
    const running = await submit();
    await claim(running);
    const done = await ended();
    expect(await store.jobs.purge(tenantId, queued)).toBe('not-terminal');
    expect(await store.jobs.purge(tenantId, running)).toBe('not-terminal');
    const stranger = await store.tenants.ensure('stranger', 'Stranger');
    expect(await store.jobs.purge(stranger.id, done)).toBeNull();
    expect(await store.jobs.purge(tenantId, newUuid())).toBeNull();
    expect(await dataRows()).toEqual({ inputs: 3, results: 1 });
  });

  it('that races with the end erases everything or nothing', async () => {
    for (let i = 0; i < 30; i++) {
      const id = await submit();
      const attempt = await claim(id);
      const [, purged] = await Promise.all([finish(id, attempt), store.jobs.purge(tenantId, id)]);
      const job = await store.jobs.find(tenantId, id, ALL);
      const gone = purged === 'purged';
      expect([job!.dataRemoved, job!.inputs === null, job!.results === null]).toEqual([gone, gone, gone]);
    }
  });
});

describe('retention', () => {
  it('removes the data that is due and nothing else', async () => {
    const due = await ended({ resultTtlS: 60 });
    const later = await ended({ resultTtlS: 120 });
    const kept = await ended(KEPT);
    const queued = await submit({ resultTtlS: 60 });
    for (const id of [due, later, kept]) await endedAgo(id, 90);
    expect((await store.jobs.find(tenantId, queued, ALL))!.expiresAt).toBeNull();
    const { completedAt, expiresAt } = (await store.jobs.find(tenantId, due, ALL))!;
    expect(expiresAt!.getTime() - completedAt!.getTime()).toBe(60_000);

    expect(await store.jobs.removeExpiredData()).toBe(1);
    expect(await store.jobs.removeExpiredData()).toBe(0);
    const states = await Promise.all(
      [due, later, kept, queued].map(async (id) => (await store.jobs.find(tenantId, id, ALL))!.dataRemoved),
    );
    expect(states).toEqual([true, false, false, false]);
    expect(await dataRows()).toEqual({ inputs: 3, results: 2 });
  });

  it('removes rows when their data has been gone for long, a batch at a time', async () => {
    const old = await Promise.all(Array.from({ length: RETENTION_BATCH + 1 }, () => submit()));
    await database.query(`UPDATE jobs SET state = 'canceled', completed_at = now() - interval '1 year',
      data_removed_at = now() - interval '31 days'`);
    const recent = await ended();
    await store.jobs.purge(tenantId, recent);
    const kept = await ended(KEPT);
    await endedAgo(kept, 1e9);
    expect(await store.jobs.removeOldRows(30)).toBe(RETENTION_BATCH);
    expect(await store.jobs.removeOldRows(30)).toBe(1);
    expect(await store.jobs.removeOldRows(30)).toBe(0);
    expect(await store.jobs.find(tenantId, old[0]!, ALL)).toBeNull();
    for (const id of [recent, kept]) expect(await store.jobs.find(tenantId, id, ALL)).not.toBeNull();
  });

  it('of two dispatchers at once removes each job’s data once', async () => {
    for (let i = 0; i < 20; i++) await endedAgo(await ended({ resultTtlS: 60 }), 100);
    const removed = await Promise.all([store.jobs.removeExpiredData(), store.jobs.removeExpiredData()]);
    expect(removed[0]! + removed[1]!).toBe(20);
    expect(await dataRows()).toEqual({ inputs: 0, results: 0 });
  });
});

describe('history', () => {
  it('is kept of a job that goes back to the queue, and of no other', async () => {
    const plain = await ended();
    expect((await store.jobs.find(tenantId, plain, ALL))!.history).toBeNull();
    const id = await submit();
    await store.jobs.giveBack([{ id, attempt: await claim(id) }], 'drained', worker.id);
    await finish(id, await claim(id));
    const job = (await store.jobs.find(tenantId, id, ALL))!;
    expect(job.history).toMatchObject([
      { sequence: 3, status: 'queued', attempts: 1 },
      { sequence: 4, status: 'running', attempts: 2 },
    ]);
    expect(job.sequence).toBe(5);
    const times = job.history!.map(({ at }) => Date.parse(at));
    expect(times[0]).toBeGreaterThanOrEqual(job.startedAt!.getTime());
    expect(times[1]).toBeLessThanOrEqual(job.completedAt!.getTime());
  });

  it('tells that a silent worker’s job was claimed by another before it was given back', async () => {
    const id = await submit();
    let epoch = 0;
    await store.jobs.dispatch(versionId, 1, async (candidates) => {
      epoch = candidates[0]!.epoch;
      return candidates;
    });
    await store.jobs.claim([{ id, epoch }], worker);
    await database.query(`UPDATE jobs SET lease_until = now() - interval '1 s'`);
    await store.jobs.claim([{ id, epoch }], worker);
    expect((await store.jobs.find(tenantId, id, ALL))!.history).toMatchObject([
      { sequence: 3, status: 'running', attempts: 2 },
    ]);
  });
});
