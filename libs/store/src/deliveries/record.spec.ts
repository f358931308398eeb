import { type AttemptError, newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest, waitFor } from '@heddle/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import { openStore, type Store } from '../store.js';
import type { ClaimedDelivery, DeliveryOutcome } from './delivery.entity.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;
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
  versionId = (
    await store.models.addVersion({ tenantId, name: 'm', description: '', manifest: testManifest() })
  ).id;
  const webhook = { tenantId, url: 'https://example.com/', events: ['job.*'], description: '' };
  endpoint = (
    await store.webhooks.create({ ...webhook, maxInFlight: 30, secret: 'x', idempotency: null }, LOCAL)
  ).id;
});

/** Jobs that end, so that as many deliveries are due. */
async function endJobs(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newUuid());
  for (const id of ids) {
    await store.jobs.submit({
      id,
      tenantId,
      versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: ['x'],
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 1,
      idempotency: null,
    });
    await store.jobs.cancel(tenantId, id);
  }
  return ids;
}
const claim = async () => (await store.deliveries.claim({ free: 128, freeForMore: 128 }, 60_000))!;
const outcome = (
  { id, attempt }: ClaimedDelivery,
  error: AttemptError | null,
  excerpt: string | null = null,
): DeliveryOutcome => ({
  id,
  attempt,
  durationMs: 1,
  statusCode: error ? 500 : 200,
  error,
  excerpt,
  retryInS: error && 3_600,
  gone: false,
});
const loseLeases = async () => {
  await database.query(
    `UPDATE webhook_deliveries SET lease_until = now() - interval '1 s' WHERE status = 'delivering'`,
  );
  await store.deliveries.giveBackSilent();
};
const delivery = async () => (await store.deliveries.list(tenantId, {}, { before: null, limit: 1 }))[0]!;
const waitingFor = (text: string) =>
  waitFor(async () => {
    const rows = await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%${text}%'`,
    );
    return rows.length > 0;
  });

it('ten failures at once of an endpoint that never failed leave it enabled', async () => {
  await endJobs(20);
  const written = await Promise.all(
    (await claim()).map((one) => store.deliveries.record(outcome(one, 'http-status'))),
  );
  expect(written).toEqual(Array(20).fill(true));
  const found = await store.webhooks.find(tenantId, endpoint);
  expect(found).toMatchObject({ enabled: true, disabledReason: null, consecutiveFailures: 20 });
});

it('an outcome that Postgres refuses takes no other along', async () => {
  await endJobs(3);
  const [bad, ...good] = await claim();
  const results = await Promise.allSettled([
    store.deliveries.record(outcome(bad!, null, 'no text: \0')),
    ...good.map((one) => store.deliveries.record(outcome(one, null))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});

it('the newest 25 attempts are kept', async () => {
  await endJobs(1);
  for (let i = 0; i < 30; i++) {
    const [held] = await claim();
    expect(await store.deliveries.record(outcome(held!, null))).toBe(true);
    await store.deliveries.retry(tenantId, held!.id);
  }
  const { attempt, attempts } = await delivery();
  expect(attempt).toBe(30);
  expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 25 }, (_, i) => i + 6));
});

it('a success that is late counts while nobody has begun another attempt, a failure does not', async () => {
  await endJobs(1);
  const [first] = await claim();
  await loseLeases();
  expect(await store.deliveries.record(outcome(first!, 'timeout'))).toBe(false);
  const [second] = await claim();
  expect(await store.deliveries.record(outcome(first!, null))).toBe(false);
  await loseLeases();
  expect(await store.deliveries.record(outcome(second!, null))).toBe(true);
  expect(await delivery()).toMatchObject({
    status: 'delivered',
    nextAttemptAt: null,
    attempts: [{ number: 2 }],
  });
  // Told twice, as after a lost answer, it does not undo that it is to be sent again.
  await store.deliveries.retry(tenantId, first!.id);
  expect(await store.deliveries.record(outcome(second!, null))).toBe(false);
  expect(await delivery()).toMatchObject({ status: 'pending' });
});

it('what comes of an attempt ends the row of silent processes', async () => {
  await endJobs(1);
  for (let i = 0; i < 2; i++) {
    const [held] = await claim();
    await loseLeases();
    await database.query(`UPDATE webhook_deliveries SET next_attempt_at = now()`);
    expect(held!.attempt).toBe(i + 1);
  }
  const silences = async () =>
    (await database.query<{ silences: number }>('SELECT silences FROM webhook_deliveries'))[0]!.silences;
  expect(await silences()).toBe(2);
  await store.deliveries.record(outcome((await claim())[0]!, 'timeout'));
  expect(await silences()).toBe(0);
});

it('an answer that comes after the texts were erased is not kept', async () => {
  const [job] = await endJobs(1);
  const [held] = await claim();
  await store.jobs.purge(tenantId, job!);
  expect(await store.deliveries.record(outcome(held!, 'http-status', 'a secret text'))).toBe(true);
  expect((await delivery()).attempts).toMatchObject([{ responseExcerpt: null }]);
});

it('nor is one that is written down while a purge waits for it', async () => {
  const [job] = await endJobs(1);
  const [held] = await claim();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`SELECT FROM webhook_endpoints WHERE id = '${endpoint}' FOR UPDATE`);
  const written = store.deliveries.record(outcome(held!, 'http-status', 'a secret text'));
  await waitingFor('unnest($1::uuid[], $2::int[], $3::int[]');
  const purged = store.jobs.purge(tenantId, job!);
  await waitingFor('UPDATE webhook_events v SET body = NULL');
  await client.query('COMMIT');
  await client.end();
  expect([await written, await purged]).toEqual([true, 'purged']);
  expect((await delivery()).attempts).toMatchObject([{ number: 1, responseExcerpt: null }]);
});
