import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase } from '@heddle/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let endpoint: string;

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
  await database.query('TRUNCATE webhook_deliveries, webhook_events, webhook_attempts');
  const slug = `t${newUuid().slice(-8)}`;
  tenantId = (await store.tenants.ensure(slug, slug)).id;
  const webhook = { tenantId, url: 'https://example.com/', events: ['*'], description: '' };
  endpoint = (
    await store.webhooks.create({ ...webhook, maxInFlight: 8, secret: 'x', idempotency: null }, LOCAL)
  ).id;
});

/** Deliveries of that state, one a minute, the newest made just now; ids are of the time that they were made at. */
const ended = (count: number, status: string, type = 'job.succeeded') =>
  database.query(
    `WITH event AS (INSERT INTO webhook_events (id, tenant_id, type, object_id)
       VALUES (new_uuidv7(), '${tenantId}', '${type}', gen_random_uuid()) RETURNING id),
     made AS (SELECT now() - interval '1 min' * n AS at FROM generate_series(0, ${count - 1}) n)
     INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, lane, status, created_at)
     SELECT overlay(new_uuidv7()::text PLACING overlay(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') PLACING '-' FROM 9 FOR 0) FROM 1 FOR 13)::uuid,
            '${tenantId}', event.id, '${type}', '${endpoint}', '${endpoint}', '${status}', at FROM event, made`,
  );
const replay = (sinceMs: number, untilMs: number | null, status: 'exhausted' | 'skipped' | 'all') =>
  store.deliveries.replay(
    tenantId,
    endpoint,
    { since: new Date(sinceMs), until: untilMs === null ? null : new Date(untilMs), status },
    LOCAL,
  );

it('a replay is of those that were made in its time', async () => {
  await ended(60, 'exhausted');
  const now = Date.now();
  expect(await replay(now - 10.5 * 60_000, now - 4.5 * 60_000, 'exhausted')).toBe(6);
  expect(await replay(now - 12.5 * 60_000, null, 'exhausted')).toBe(7);
  expect(await replay(0, null, 'skipped')).toBe(0);
  expect(await replay(0, null, 'all')).toBe(47);
});

it('a replay or a retry waits for no outcome of the endpoint, nor does any wait for it', async () => {
  await ended(2, 'exhausted');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`SELECT FROM webhook_endpoints WHERE id = '${endpoint}' FOR NO KEY UPDATE`);
  const [one] = await store.deliveries.list(tenantId, {}, { before: null, limit: 1 });
  expect(await store.deliveries.retry(tenantId, one!.id)).toBe('due');
  expect(await replay(0, null, 'exhausted')).toBe(1);
  await client.query('ROLLBACK');
  await client.end();
});

it('pages that few fit, and replays of the last minutes, do not look at all that there is', async () => {
  await ended(30_000, 'delivered');
  await ended(3, 'exhausted');
  await ended(3, 'delivered', 'alias.changed');
  await database.query('VACUUM ANALYZE webhook_deliveries');
  const read = async () => {
    const [row] = await database.query<{ read: string }>(
      `SELECT pg_stat_force_next_flush(), idx_tup_fetch + seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'webhook_deliveries'`,
    );
    return Number(row!.read);
  };
  const cost = async (work: () => Promise<unknown>) => {
    const before = await read();
    await work();
    return (await read()) - before;
  };
  // What connections have read is known once they are closed.
  const own = async <T>(work: (own: Store) => Promise<T>): Promise<T> => {
    const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
    const opened = await openStore(options);
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };
  const page = { before: null, limit: 20 };
  const list = (filter: Parameters<Store['deliveries']['list']>[1]) =>
    cost(async () => {
      expect(await own((opened) => opened.deliveries.list(tenantId, filter, page))).toHaveLength(3);
    });
  expect(await list({ status: 'exhausted' })).toBeLessThan(100);
  expect(await list({ eventType: 'alias.changed' })).toBeLessThan(100);
  expect(await list({ eventType: 'alias.changed', status: 'delivered' })).toBeLessThan(100);
  const since = new Date(Date.now() - 150_000);
  const replayed = await cost(async () => {
    const made = await own((opened) =>
      opened.deliveries.replay(tenantId, endpoint, { since, until: null, status: 'all' }, LOCAL),
    );
    expect(made).toBe(9);
  });
  expect(replayed).toBeLessThan(200);
});
