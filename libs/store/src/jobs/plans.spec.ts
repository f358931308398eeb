import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest, waitFor } from '@heddle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

/** So many that Postgres takes unfinished ones for none, and so many of those that reading them all is seen. */
const FINISHED = 20_000;
const BACKLOG = 2_000;
/** Jobs of one claim. */
const GROUP = 16;
/** Runs of a statement after which Postgres may keep its plan, and some more. */
const PLANNED_AFTER = 8;
const OTHER_CLIENTS = `SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

let database: TestDatabase;
let ids: { tenantId: string; versionId: string };

beforeEach(async () => {
  database = await createMigratedDatabase();
  ids = await withStore(async (store) => {
    const { id: tenantId } = await store.tenants.ensure('acme', 'Acme');
    const model = { tenantId, name: 'm', description: '', manifest: testManifest() };
    return { tenantId, versionId: (await store.models.addVersion(model)).id };
  });
});
afterEach(() => database.drop());

it('reads some jobs by their ids, whatever is queued beside millions that have ended', async () => {
  await addJobs(FINISHED, `'succeeded'`, 'now()');
  await database.query('VACUUM ANALYZE jobs');
  await addUnseen(BACKLOG, `'queued'`, 'NULL');
  const before = await entriesRead();
  await withStore((store) => handle(store, GROUP));
  expect((await entriesRead()) - before).toBeLessThan(BACKLOG / 2);
});

it('reads some jobs by their ids with plans from when there were none', async () => {
  await withStore(async (store) => {
    for (let i = 0; i < PLANNED_AFTER; i++) {
      await addUnseen(2, `'queued'`, 'NULL');
      await handle(store, 2);
    }
    await addUnseen(FINISHED, `'succeeded'`, 'now()');
    await addUnseen(BACKLOG, `'queued'`, 'NULL');
    const before = await entriesRead(store);
    await handle(store, GROUP);
    const read = (await entriesRead(store)) - before;
    expect(read).toBeGreaterThan(GROUP);
    expect(read).toBeLessThan(BACKLOG / 2);
  });
});

describe('lists and retention', () => {
  /** Index entries and rows that one page may read: a few times its length. */
  const PAGE_READS = 500;

  beforeEach(async () => {
    await addJobs(FINISHED, `'succeeded'`, 'now()');
    await addUnseen(BACKLOG, `'queued'`, 'NULL');
    await database.query(
      `UPDATE jobs SET state = 'failed' WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY id LIMIT 3)`,
    );
    await database.query(
      `UPDATE jobs SET metadata = '{"run": "7"}' WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY id LIMIT 3)`,
    );
    await database.query(
      `UPDATE jobs SET result_ttl_s = 604800 WHERE state = 'succeeded';
       UPDATE jobs SET completed_at = now() - interval '8 days' WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY id LIMIT 5);
       UPDATE jobs SET data_removed_at = now() - interval '40 days' WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY id DESC LIMIT 5)`,
    );
    await database.query('ALTER TABLE jobs SET (autovacuum_enabled = true)');
    await database.query('VACUUM ANALYZE jobs');
  });

  it.each([
    ['failed jobs', { states: ['failed' as const] }, 3],
    ['jobs with metadata that few have', { metadata: { run: '7' } }, 3],
    ['jobs of a time without any', { createdBefore: new Date(0) }, 0],
  ])('a page of %s reads little of what a tenant has', async (_, filter, count) => {
    const before = await entriesRead();
    await withStore(async (store) => {
      const page = { before: null, limit: 20, maxBytes: 1e6 };
      const { rows } = await store.jobs.list(ids.tenantId, filter, page, { inputs: false, results: false });
      expect(rows).toHaveLength(count);
    });
    expect((await entriesRead()) - before).toBeLessThan(PAGE_READS);
  });

  it('a page of unfinished jobs reads no more than those', async () => {
    const before = await entriesRead();
    await withStore(async (store) => {
      const page = { before: null, limit: 20, maxBytes: 1e6 };
      const filter = { states: ['running' as const] };
      await store.jobs.list(ids.tenantId, filter, page, { inputs: false, results: false });
    });
    expect((await entriesRead()) - before).toBeLessThan(3 * BACKLOG);
  });

  it('what is due is found by its index', async () => {
    const before = await entriesRead();
    await withStore(async (store) => {
      expect(await store.jobs.removeExpiredData()).toBe(5);
      expect(await store.jobs.removeExpiredData()).toBe(0);
      expect(await store.jobs.removeOldRows(30)).toBe(5);
      expect(await store.jobs.removeOldRows(30)).toBe(0);
    });
    expect((await entriesRead()) - before).toBeLessThan(PAGE_READS);
  });
});

/** Every statement that jobs are led to their ends with, for the `count` oldest of the backlog. */
async function handle(store: Store, count: number): Promise<void> {
  const entries: { id: string; epoch: number }[] = [];
  await store.jobs.dispatch(ids.versionId, count, async (chosen) => {
    entries.push(...chosen);
    return chosen;
  });
  expect(entries).toHaveLength(count);
  await store.jobs.windowOf(ids.versionId);
  const worker = { id: newUuid(), leaseMs: 60_000 };
  const claimed = await store.jobs.claim(entries, worker);
  expect(claimed).toHaveLength(count);
  await store.jobs.extendLeases(claimed, worker);
  const all = { inputs: true, results: true };
  const found = await Promise.all(claimed.map(({ id }) => store.jobs.find(ids.tenantId, id, all)));
  expect(found.map((job) => job?.id)).toEqual(claimed.map(({ id }) => id));
  await store.jobs.cancel(ids.tenantId, claimed[0]!.id);
  await store.jobs.giveBack([claimed[1]!], 'drained', worker.id);
  await store.jobs.cancel(ids.tenantId, claimed[1]!.id);
  const results = claimed.slice(2).map(({ id, attempt }) => ({
    id,
    attempt,
    results: '[]',
    succeeded: 1,
    failed: 0,
    usage: { tokens: 3, padded_tokens: 3, truncated: 0 },
    timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
    error: null,
  }));
  expect(await store.jobs.finish(results, worker.id)).toHaveLength(results.length);
  expect(await store.jobs.endedAmong(entries.map(({ id }) => id))).toHaveLength(count);
  expect((await store.jobs.untilDeadlineMs()) ?? 1).toBeGreaterThan(0);
  expect(await store.jobs.expireOverdue()).toEqual([]);
}

/** Index entries and rows of `jobs` that were read so far, by connections that have ended and the one of `store`. */
async function entriesRead(store?: Store): Promise<number> {
  if (store) {
    // A backend counts for others when it works again after a second,
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await store.ping();
  } else {
    // or when it ends, a moment after its client has left.
    await waitFor(async () => (await database.query(OTHER_CLIENTS)).length === 0);
  }
  const [row] = await database.query<{ read: number }>(
    `SELECT (sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'jobs'))::float8 AS read
       FROM pg_stat_user_indexes WHERE relname = 'jobs'`,
  );
  return row!.read;
}

/** Statistics know nothing of them: so it is when many arrive at once. */
async function addUnseen(count: number, state: string, completedAt: string): Promise<void> {
  await database.query('ALTER TABLE jobs SET (autovacuum_enabled = false)');
  await addJobs(count, state, completedAt);
}

async function addJobs(count: number, state: string, completedAt: string): Promise<void> {
  await database.query(
    `WITH added AS (
       INSERT INTO jobs (id, tenant_id, version_id, task, parameters, state, items, cost, completed_at, deadline)
       SELECT gen_random_uuid(), '${ids.tenantId}', '${ids.versionId}', 'text-classification', '{}', ${state}, 1, 10,
              ${completedAt}, now() + interval '1 hour' FROM generate_series(1, ${count}) RETURNING id)
     INSERT INTO job_inputs SELECT id, '["x"]' FROM added`,
  );
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(optionsOf());
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function optionsOf() {
  return { url: database.url, applicationName: 'spec', onPoolError: () => undefined, poolSize: 1 };
}
