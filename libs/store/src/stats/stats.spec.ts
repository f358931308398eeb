import { newUuid, STATS_RETENTION_DAYS } from '@heddle/contracts';
import { createTestDatabase, type TestDatabase, testBeat, testManifest, waitFor } from '@heddle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../database/migrations.js';
import { openStore, type Store } from '../store.js';

/** So many jobs that reading them all is seen. */
const ENDED_LONG_AGO = 20_000;
const OTHER_CLIENTS = `SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

let database: TestDatabase;
let store: Store;
let tenants: string[];
let versionId: string;
const optionsOf = () => ({ url: database.url, applicationName: 'spec', onPoolError: () => undefined });

beforeEach(async () => {
  database = await createTestDatabase();
  await migrate(optionsOf());
  store = await openStore(optionsOf());
  tenants = [];
  for (const slug of ['acme', 'other']) tenants.push((await store.tenants.ensure(slug, slug)).id);
  const model = { tenantId: tenants[0]!, name: 'm', description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

/** Where the spec's time begins, by the clock of the database. */
const BASE = `date_trunc('minute', now()) - interval '30 minutes'`;

interface Row {
  tenant?: number;
  state: string;
  /** Seconds after the beginning of the spec's time at which it ended; null: it has not. */
  endedS: number | null;
  waitedMs?: number;
  tookMs?: number;
  succeeded?: number;
  failed?: number;
  usage?: { tokens: number; padded_tokens: number };
  cost?: number;
  shadow?: boolean;
}
async function add(...rows: Row[]): Promise<void> {
  for (const row of rows) {
    const {
      tenant = 0,
      state,
      endedS,
      waitedMs = 10,
      tookMs = 20,
      succeeded = 0,
      failed = 0,
      usage,
      cost = 7,
    } = row;
    const completed = endedS === null ? 'NULL' : `${BASE} + interval '${endedS} s'`;
    const created =
      endedS === null ? `now() - interval '90 s'` : `${BASE} + interval '${endedS * 1000 - tookMs} ms'`;
    const started = state === 'queued' || endedS === null ? 'NULL' : `${created} + interval '${waitedMs} ms'`;
    const used = usage ? `'${JSON.stringify({ ...usage, truncated: 0 })}'` : 'NULL';
    await database.query(
      `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, state, items, cost, deadline, completed_at, created_at, started_at,
                         succeeded, failed, usage, shadow_of, source)
       VALUES ('${newUuid()}', '${tenants[tenant]}', '${versionId}', 'text-classification', '{}', '${state}', 1, ${cost}, now() + interval '1 h',
               ${completed}, ${created}, ${started}, ${succeeded}, ${failed}, ${used}, ${row.shadow ? '(SELECT id FROM jobs WHERE shadow_of IS NULL LIMIT 1)' : 'NULL'}, 'native')`,
    );
  }
}

/** Counts the spec's time: the half hour before now. */
async function countAll(): Promise<number> {
  await database.query(`UPDATE stats_progress SET counted_until = ${BASE}`);
  let minutes = 0;
  while (await store.stats.count()) minutes++;
  return minutes;
}
const LONG_AGO = new Date(0);
const sumOf = async (tenantId: string | null, resolution: 60 | 3600) => {
  const rows = await store.stats.list(tenantId, resolution, LONG_AGO);
  const sum = (value: (row: (typeof rows)[number]) => number) =>
    rows.reduce((all, row) => all + value(row), 0);
  return {
    jobs: [
      sum((row) => row.jobsSucceeded),
      sum((row) => row.jobsFailed),
      sum((row) => row.jobsCanceled),
      sum((row) => row.jobsExpired),
    ],
    items: [sum((row) => row.itemsSucceeded), sum((row) => row.itemsFailed)],
    tokens: [sum((row) => row.tokens), sum((row) => row.paddedTokens)],
    waited: sum((row) => Object.values(row.waits).reduce((all, count) => all + count, 0)),
    took: sum((row) => Object.values(row.durations).reduce((all, count) => all + count, 0)),
  };
};

describe('counting', () => {
  const rows: Row[] = [
    { state: 'succeeded', endedS: 0, succeeded: 2, failed: 1, usage: { tokens: 30, padded_tokens: 40 } },
    { state: 'succeeded', endedS: 59, succeeded: 1, usage: { tokens: 5, padded_tokens: 5 } },
    { state: 'failed', endedS: 60, failed: 1, usage: { tokens: 1, padded_tokens: 3 } },
    { state: 'canceled', endedS: 61 },
    { state: 'expired', endedS: 300 },
    { state: 'succeeded', endedS: 300, tenant: 1, succeeded: 1, usage: { tokens: 9, padded_tokens: 9 } },
    { state: 'succeeded', endedS: 120, succeeded: 1, usage: { tokens: 99, padded_tokens: 99 }, shadow: true },
  ];

  it('has the same in minutes and in hours, of each tenant and of all together', async () => {
    await add(...rows);
    const minutes = await countAll();
    expect(minutes).toBeGreaterThanOrEqual(29);
    const acme = { jobs: [2, 1, 1, 1], items: [3, 2], tokens: [36, 48], waited: 5, took: 3 };
    const other = { jobs: [1, 0, 0, 0], items: [1, 0], tokens: [9, 9], waited: 1, took: 1 };
    const all = { jobs: [3, 1, 1, 1], items: [4, 2], tokens: [45, 57], waited: 6, took: 4 };
    for (const resolution of [60, 3600] as const) {
      expect(await sumOf(tenants[0]!, resolution)).toEqual(acme);
      expect(await sumOf(tenants[1]!, resolution)).toEqual(other);
      expect(await sumOf(null, resolution)).toEqual(all);
    }
    const counts = (await store.stats.list(tenants[0]!, 60, LONG_AGO)).map((row) => row.jobsSucceeded);
    // Minutes in which nothing happened have no rows of the tenant.
    expect(counts).toEqual([2, 0, 0]);
    expect(await store.stats.list(null, 60, LONG_AGO)).toHaveLength(minutes);
  });

  it('counts each minute once, however many do it at the same time', async () => {
    await add(...rows);
    await database.query(`UPDATE stats_progress SET counted_until = ${BASE}`);
    const until = async () => {
      for (;;) if (!(await store.stats.count())) return;
    };
    await Promise.all([until(), until(), until(), until()]);
    expect(await sumOf(null, 60)).toMatchObject({ jobs: [3, 1, 1, 1], took: 4 });
    expect(await sumOf(null, 3600)).toMatchObject({ jobs: [3, 1, 1, 1], took: 4 });
    expect(await store.stats.count()).toBe(false);
  });

  it('leaves out what ended more than an hour before anybody counted', async () => {
    await add(
      { state: 'succeeded', endedS: 0, succeeded: 1 },
      { state: 'succeeded', endedS: -7_200, succeeded: 1 },
    );
    await database.query(`UPDATE stats_progress SET counted_until = ${BASE} - interval '3 hours'`);
    let minutes = 0;
    while (await store.stats.count()) minutes++;
    expect(minutes).toBeLessThanOrEqual(61);
    expect((await sumOf(null, 60)).jobs).toEqual([1, 0, 0, 0]);
  });

  it('knows no minute that is not over', async () => {
    await database.query(`UPDATE stats_progress SET counted_until = date_trunc('minute', now())`);
    expect(await store.stats.count()).toBe(false);
  });

  it('puts times into buckets that hold them', async () => {
    await add(
      ...[0.5, 1, 2, 1000, 86_400_000].map(
        (ms): Row => ({ state: 'succeeded', endedS: 30, succeeded: 1, waitedMs: 0, tookMs: ms }),
      ),
    );
    await countAll();
    const buckets = (await store.stats.list(tenants[0]!, 60, LONG_AGO)).flatMap((row) =>
      Object.keys(row.durations).map(Number),
    );
    expect(buckets.sort((a, b) => a - b)).toEqual([
      0,
      4,
      Math.ceil(4 * Math.log2(1000)),
      Math.ceil(4 * Math.log2(86_400_000)),
    ]);
  });
});

describe('what waits', () => {
  it('is looked at in the newest minute alone, of each tenant and of all', async () => {
    await store.workers.heartbeat(testBeat());
    await add(
      { state: 'queued', endedS: null, cost: 10 },
      { state: 'queued', endedS: null, cost: 20 },
      { state: 'running', endedS: null, cost: 40 },
      { state: 'queued', endedS: null, cost: 80, tenant: 1 },
      { state: 'queued', endedS: null, cost: 160, tenant: 1, shadow: true },
    );
    await countAll();
    const waiting = async (tenantId: string | null) =>
      (await store.stats.list(tenantId, 60, LONG_AGO))
        .filter(({ queued }) => queued !== null)
        .map(({ queued, queuedTokens }) => [queued, queuedTokens]);
    expect(await waiting(tenants[0]!)).toEqual([[2, 30]]);
    expect(await waiting(tenants[1]!)).toEqual([[1, 80]]);
    expect(await waiting(null)).toEqual([[3, 110]]);
    const newest = (await store.stats.list(null, 60, LONG_AGO)).at(-1)!;
    expect(newest.oldestAgeS).toBeGreaterThanOrEqual(90);
    expect(newest.oldestAgeS).toBeLessThan(600);
    const looks = await store.stats.looks(60, LONG_AGO);
    expect(looks).toEqual([{ at: newest.at, workers: 1 }]);
  });
});

it('counting a minute reads what ended in it, however much ended before', async () => {
  await database.query(
    `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, state, items, cost, deadline, completed_at, source)
     SELECT gen_random_uuid(), '${tenants[0]}', '${versionId}', 'text-classification', '{}', 'succeeded', 1, 1, now(),
            now() - interval '1 day' - n * interval '1 s', 'native' FROM generate_series(1, ${ENDED_LONG_AGO}) n`,
  );
  await database.query('VACUUM ANALYZE jobs');
  await add({ state: 'succeeded', endedS: 90, succeeded: 1 });
  const before = await rowsRead();
  const minutes = await countAll();
  const sums = await sumOf(null, 60);
  expect(minutes).toBeGreaterThanOrEqual(29);
  expect(sums.jobs).toEqual([1, 0, 0, 0]);
  expect((await rowsRead()) - before).toBeLessThan(ENDED_LONG_AGO);
});

/** Rows of jobs that were read so far; those of the store are told when its connections end. */
async function rowsRead(): Promise<number> {
  await store.close();
  await waitFor(async () => (await database.query(OTHER_CLIENTS)).length === 0);
  store = await openStore(optionsOf());
  const [row] = await database.query<{ read: number }>(
    `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read FROM pg_stat_user_tables WHERE relname = 'jobs'`,
  );
  return row!.read;
}

it('minutes are kept for two days, hours for a month', async () => {
  await add({ state: 'succeeded', endedS: 0, succeeded: 1 });
  await countAll();
  const count = async () => [
    (await store.stats.list(null, 60, LONG_AGO)).length,
    (await store.stats.list(null, 3600, LONG_AGO)).length,
  ];
  const [minutes, hours] = await count();
  expect(await store.stats.removeOld()).toBe(0);
  const age = (days: number) => database.query(`UPDATE stats SET at = at - interval '${days} days'`);
  await age(STATS_RETENTION_DAYS[60]);
  expect(await store.stats.removeOld()).toBe(minutes! + 1);
  expect(await count()).toEqual([0, hours]);
  await age(STATS_RETENTION_DAYS[3600]);
  expect(await store.stats.removeOld()).toBeGreaterThan(0);
  expect(await count()).toEqual([0, 0]);
});
