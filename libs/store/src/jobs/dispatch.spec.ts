import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import type { Candidate } from './dispatch.js';
import type { NewJob } from './submit.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let other: string;
let library: string;
const worker = { id: newUuid(), leaseMs: 60_000 };

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  other = (await store.tenants.ensure('other', 'Other')).id;
  library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** A version of its own, which both tenants use, keeps every test alone with its rows. */
async function newVersion(): Promise<string> {
  const name = `m${newUuid().slice(-8)}`;
  const manifest = testManifest();
  return (await store.models.addVersion({ tenantId: library, name, description: '', manifest })).id;
}
async function submit(versionId: string, overrides: Partial<NewJob> = {}): Promise<string> {
  const job: NewJob = {
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
    ...overrides,
  };
  return (await store.jobs.submit(job)).id;
}
/** Dispatches everything; returns what was added. */
async function dispatchAll(versionId: string, limit = 100): Promise<Candidate[]> {
  const added: Candidate[] = [];
  await store.jobs.dispatch(versionId, limit, async (chosen) => {
    added.push(...chosen);
    return chosen;
  });
  return added;
}

it('tells what flows have in the window, and what of it waits', async () => {
  const versionId = await newVersion();
  await submit(versionId, { cost: 500 });
  const [first] = await dispatchAll(versionId);
  expect(await store.jobs.claim([first!], worker)).toMatchObject([{ tenantId, priority: 1 }]);
  await submit(versionId);
  await submit(versionId, { priority: 0 });
  await submit(versionId, { tenantId: other, cost: 30 });
  await dispatchAll(versionId);
  await sleep(30);
  const flows = await store.jobs.windowOf(versionId);
  expect(flows).toHaveLength(3);
  for (const { waitedMs } of flows) expect(waitedMs).toBeGreaterThan(25);
  expect(flows).toEqual(
    expect.arrayContaining([
      {
        priority: 1,
        tenantId,
        jobs: 2,
        cost: 510,
        waitingJobs: 1,
        waitingCost: 10,
        waitedMs: expect.any(Number),
      },
      {
        priority: 0,
        tenantId,
        jobs: 1,
        cost: 10,
        waitingJobs: 1,
        waitingCost: 10,
        waitedMs: expect.any(Number),
      },
      {
        priority: 1,
        tenantId: other,
        jobs: 1,
        cost: 30,
        waitingJobs: 1,
        waitingCost: 30,
        waitedMs: expect.any(Number),
      },
    ]),
  );
});

it('passes over what another dispatcher holds, and takes what comes after it', async () => {
  const versionId = await newVersion();
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) ids.push(await submit(versionId));
  // A dispatcher whose queue does not answer.
  let release = () => {};
  let slow: Promise<number> | undefined;
  await new Promise<void>((holding) => {
    slow = store.jobs.dispatch(versionId, 4, async (chosen) => {
      holding();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return chosen;
    });
  });
  const added = await dispatchAll(versionId, 2);
  release();
  expect(await slow).toBe(4);
  expect(added.map((job) => job.id)).toEqual(ids.slice(4));
});

it('adds a job under the epoch it has when it is locked', async () => {
  const versionId = await newVersion();
  await submit(versionId);
  const [before] = await dispatchAll(versionId);
  await store.jobs.undispatch([before!]);
  const epochs: number[] = [];
  const add = async (chosen: Candidate[]) => {
    epochs.push(...chosen.map((job) => job.epoch));
    return chosen;
  };
  // As if it had been read before somebody dispatched it and took it back.
  await store.jobs.dispatch(versionId, 10, add, (candidates) =>
    candidates.map((job) => ({ ...job, epoch: before!.epoch })),
  );
  expect(epochs).toEqual([before!.epoch + 1]);
});

describe('behind the backlog of another tenant', () => {
  const BACKLOG = 100_000;
  let versionId: string;
  const late: string[] = [];

  beforeAll(async () => {
    versionId = await newVersion();
    const id = await submit(versionId);
    await database.query(
      `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
         FROM jobs, generate_series(1, ${BACKLOG}) WHERE id = '${id}'`,
    );
    for (const priority of [2, 1, 0]) {
      late.push(await submit(versionId, { tenantId: other, priority }));
      late.push(await submit(versionId, { tenantId: other, priority }));
    }
    late.push(await submit(versionId, { priority: 0 }));
  });

  async function candidates(limit: number): Promise<string[]> {
    const seen: string[] = [];
    const choose = (all: Candidate[]) => {
      seen.push(...all.map((job) => job.id));
      return [];
    };
    await store.jobs.dispatch(versionId, limit, async (chosen) => chosen, choose);
    return seen;
  }

  it('finds the oldest of every flow', async () => {
    const seen = await candidates(50);
    expect(seen).toHaveLength(10 + late.length);
    expect(seen).toEqual(expect.arrayContaining(late));
    // However little is asked for, nobody is passed over.
    expect(await candidates(1)).toHaveLength(5);
  });

  it.each([
    ['before statistics are gathered', 'SELECT'],
    ['after statistics are gathered', 'ANALYZE jobs'],
    ['after statistics have missed the small flows', 'SET default_statistics_target = 1; ANALYZE jobs'],
  ])('reads no more than it finds, %s', async (_, gather) => {
    await database.query(gather);
    const before = await rowsRead();
    for (let i = 0; i < 10; i++) {
      expect(await store.jobs.versionsWithBacklog()).toContain(versionId);
      await candidates(50);
    }
    expect((await rowsRead()) - before).toBeLessThan(BACKLOG / 10);
  });

  /** Rows of the table that statements have read so far; connections report that once they are idle for a second. */
  async function rowsRead(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await store.ping();
    const [row] = await database.query<{ read: string }>(
      `SELECT idx_tup_fetch + seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'jobs'`,
    );
    return Number(row!.read);
  }
});
