import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => database.query('TRUNCATE webhook_deliveries, webhook_events, webhook_attempts'));

const newTenant = async () => {
  const slug = `t${newUuid().slice(-8)}`;
  return (await store.tenants.ensure(slug, slug)).id;
};
const hook = async (tenantId: string) =>
  (
    await store.webhooks.create(
      {
        tenantId,
        url: 'https://example.com/',
        events: ['*'],
        description: '',
        maxInFlight: 8,
        secret: 'x',
        idempotency: null,
      },
      LOCAL,
    )
  ).id;

/** Deliveries of as many lanes of a tenant's jobs' URLs, or of an endpoint, that have been due for so long. */
const deliver = (
  tenantId: string,
  { lanes = 1, each = 1, dueForS = 1, endpoint = null as string | null, type = 'alias.changed' } = {},
) =>
  database.query(
    `WITH event AS (INSERT INTO webhook_events (id, tenant_id, type, object_id, data)
       VALUES (new_uuidv7(), '${tenantId}', '${type}', gen_random_uuid(), '{}') RETURNING id)
     INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, url, lane, next_attempt_at)
     SELECT new_uuidv7(), '${tenantId}', event.id, '${type}', ${endpoint ? `'${endpoint}'` : 'NULL'}, 'https://example.com/',
            ${endpoint ? `'${endpoint}'` : `md5('${tenantId}' || lane)::uuid`}, now() - interval '${dueForS} s'
       FROM event, generate_series(1, ${lanes}) lane, generate_series(1, ${each})`,
  );
const claim = async (free = 128, freeForMore = free) =>
  (await store.deliveries.claim({ free, freeForMore }, 60_000))!;
const count = async (condition: string) =>
  (await database.query(`SELECT 1 FROM webhook_deliveries WHERE ${condition}`)).length;

it('a tenant has 64 requests in flight over all its lanes, 48 of them in lanes that have one', async () => {
  const [many, few] = [await newTenant(), await newTenant()];
  await deliver(many, { lanes: 16, each: 8, dueForS: 100 });
  expect(await claim()).toHaveLength(48);
  expect(await claim()).toHaveLength(0);
  await deliver(many, { lanes: 100, dueForS: 200 });
  await deliver(few);
  const taken = await claim();
  expect(taken.filter(({ tenantId }) => tenantId === many)).toHaveLength(16);
  expect(taken.filter(({ tenantId }) => tenantId === few)).toHaveLength(1);
  // What has been silent is in flight no more.
  await database.query(
    `UPDATE webhook_deliveries SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL`,
  );
  expect(await claim()).toHaveLength(64);
});

it('a tenant with many lanes takes turns with the others, whatever has waited longest', async () => {
  const many = await newTenant();
  await deliver(many, { lanes: 60, each: 3, dueForS: 1_000 });
  const others = await Promise.all(Array.from({ length: 5 }, newTenant));
  for (const tenantId of others) await deliver(tenantId);
  const taken = await claim(10);
  for (const tenantId of others)
    expect(taken.filter((delivery) => delivery.tenantId === tenantId)).toHaveLength(1);
  expect(taken).toHaveLength(10);
});

it('of lanes alike the one goes first that has waited longest', async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, newTenant));
  for (const [i, tenantId] of tenants.entries()) await deliver(tenantId, { dueForS: 10 + ((i * 5) % 6) });
  const order = [];
  for (const _ of tenants) order.push((await claim(1))[0]!.tenantId);
  expect(order).toEqual([5, 4, 3, 2, 1, 0].map((age) => tenants.find((_, i) => (i * 5) % 6 === age)));
});

it('keeps places for lanes that have none in flight', async () => {
  const tenantId = await newTenant();
  await deliver(tenantId, { lanes: 4, each: 8 });
  expect(await claim(128, 0)).toHaveLength(4);
  expect(await claim(128, 0)).toHaveLength(0);
  expect(await claim(128, 3)).toHaveLength(3);
});

it('finds lanes behind thousands that are due in others', async () => {
  const [stuck, other] = [await newTenant(), await newTenant()];
  await deliver(stuck, { each: 3_000, dueForS: 100 });
  await deliver(other, { lanes: 3 });
  const taken = await claim();
  expect(taken.filter(({ tenantId }) => tenantId === stuck)).toHaveLength(8);
  expect(taken.filter(({ tenantId }) => tenantId === other)).toHaveLength(3);
  expect(taken[0]!.claimedAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
});

it('an endpoint that is disabled is sent tests, as many at a time as it may have', async () => {
  const tenantId = await newTenant();
  const endpoint = await hook(tenantId);
  const deleted = await hook(tenantId);
  await store.webhooks.remove(tenantId, deleted, LOCAL);
  await store.webhooks.change(tenantId, endpoint, { enabled: false }, LOCAL);
  await deliver(tenantId, { each: 20, endpoint, type: 'webhook.test' });
  await deliver(tenantId, { each: 5, endpoint });
  await deliver(tenantId, { each: 5, endpoint: deleted, type: 'webhook.test' });
  expect(await claim()).toHaveLength(8);
  expect(await claim()).toHaveLength(0);
  expect(await count(`status = 'skipped'`)).toBe(10);
  expect(await count(`status = 'pending' AND event_type = 'webhook.test'`)).toBe(12);
});

it('what waits for an endpoint is skipped when that is disabled or deleted', async () => {
  const tenantId = await newTenant();
  for (const end of [
    (id: string) => store.webhooks.change(tenantId, id, { enabled: false }, LOCAL),
    (id: string) => store.webhooks.remove(tenantId, id, LOCAL),
  ]) {
    const endpoint = await hook(tenantId);
    await deliver(tenantId, { each: 3, endpoint, dueForS: -3_600 });
    await end(endpoint);
    expect(await count(`endpoint_id = '${endpoint}' AND status = 'skipped'`)).toBe(3);
  }
});

it('what twenty processes in a row did not survive is given up; the pauses grow', async () => {
  await deliver(await newTenant());
  const pauses: number[] = [];
  for (let i = 0; i < 20; i++) {
    await database.query(`UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 s'`);
    expect(await claim()).toHaveLength(1);
    await database.query(`UPDATE webhook_deliveries SET lease_until = now() - interval '1 s'`);
    expect(await store.deliveries.giveBackSilent()).toBe(1);
    const [row] = await database.query<{ pause: number | null }>(
      `SELECT round(extract(epoch FROM next_attempt_at - now()))::int AS pause FROM webhook_deliveries`,
    );
    if (row!.pause !== null) pauses.push(row!.pause);
  }
  expect(pauses).toHaveLength(19);
  expect(pauses.slice(0, 4)).toEqual([0, 10, 20, 40]);
  expect(pauses.at(-1)).toBe(3_600);
  expect(await count(`status = 'exhausted' AND attempt = 20`)).toBe(1);
});
