import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import type { NewBatch } from '../batches/batch.entity.js';
import type { Ending } from '../batches/finish.js';
import { type Fence, LeaseLost } from '../database/lease.js';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;

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
  const slug = `t${newUuid().slice(-8)}`;
  tenantId = (await store.tenants.ensure(slug, slug)).id;
  const model = { tenantId, name: 'm', description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});

const hook = (events: string[]) =>
  store.webhooks.create(
    {
      tenantId,
      url: 'https://example.com/',
      events,
      description: '',
      maxInFlight: 8,
      secret: 'x',
      idempotency: null,
    },
    LOCAL,
  );

async function create(own: Partial<NewBatch> = {}): Promise<string> {
  const file = { purpose: 'batch', filename: 'x', bytes: 1, sha256: '0'.repeat(64) } as const;
  const { id: fileId } = await store.files.reserve({
    ...file,
    tenantId,
    expiresInS: null,
    idempotency: null,
  });
  await store.files.markStored(tenantId, fileId);
  const { id } = await store.batches.create({
    tenantId,
    versionId,
    alias: null,
    task: 'text-classification',
    parameters: {},
    priority: 2,
    invalidLines: 'skip',
    windowS: 3600,
    fileId,
    webhook: null,
    metadata: {},
    idempotency: null,
    ...own,
  });
  return id;
}

/** The batch as a dispatcher holds it. */
async function take(id: string): Promise<Fence> {
  await database.query(`UPDATE batches SET due_at = now() WHERE id = '${id}'`);
  for (;;) {
    const batch = await store.batches.claim(60_000);
    if (batch?.id === id) return batch;
  }
}
const start = async (fence: Fence) =>
  store.batches.start(fence, { total: 3, invalid: 1, errors: [], errorCount: 1 });
async function complete(fence: Fence, state: Ending['state']) {
  const counts = { total: 3, succeeded: 2, failed: 1, canceled: 0, expired: 0 };
  const files = { outputFile: null, errorFile: null, fileS: 30 * 86_400, rowDays: 30 };
  await store.batches.complete(fence, { state, counts, tokens: 9, ...files });
}

/** How a batch may go, and what is told of it. */
const WAYS: Record<string, [(id: string) => Promise<void>, string[]]> = {
  'is accepted': [async () => undefined, []],
  succeeds: [
    async (id) => {
      const batch = await take(id);
      await start(batch);
      await store.batches.beginFinalizing(batch);
      await complete(batch, 'succeeded');
    },
    ['batch.started', 'batch.succeeded'],
  ],
  'has a file that cannot run': [
    async (id) => store.batches.fail(await take(id), { errors: [], errorCount: 1 }, 60),
    ['batch.failed'],
  ],
  'is canceled before it runs': [
    async (id) => {
      expect(await store.batches.cancel(tenantId, id)).toBe(true);
      await complete(await take(id), 'canceled');
      expect(await store.batches.cancel(tenantId, id)).toBe(false);
    },
    ['batch.canceled'],
  ],
  'is canceled while it runs': [
    async (id) => {
      const batch = await take(id);
      await start(batch);
      await store.batches.cancel(tenantId, id);
      await expect(store.batches.beginFinalizing(batch)).rejects.toBeInstanceOf(LeaseLost);
      await complete(await take(id), 'canceled');
    },
    ['batch.started', 'batch.canceled'],
  ],
  expires: [
    async (id) => {
      const batch = await take(id);
      await start(batch);
      await store.batches.beginFinalizing(batch);
      await complete(batch, 'expired');
    },
    ['batch.started', 'batch.expired'],
  ],
  'is taken over by another dispatcher': [
    async (id) => {
      const first = await take(id);
      const second = await take(id);
      await expect(start(first)).rejects.toBeInstanceOf(LeaseLost);
      await start(second);
      await expect(complete(first, 'succeeded')).rejects.toBeInstanceOf(LeaseLost);
    },
    ['batch.started'],
  ],
};

interface Told {
  type: string;
  sequence: number;
  data: unknown;
  deliveries: number;
}
const told = (id: string) =>
  database.query<Told>(
    `SELECT v.type, v.sequence, v.data, (SELECT count(*)::int FROM webhook_deliveries d WHERE d.event_id = v.id) AS deliveries
       FROM webhook_events v WHERE v.object_id = '${id}' ORDER BY v.id`,
  );
/** States that are told of. */
const STATES: Record<string, string> = {
  running: 'batch.started',
  succeeded: 'batch.succeeded',
  failed: 'batch.failed',
  canceled: 'batch.canceled',
  expired: 'batch.expired',
};

describe('a batch that', () => {
  it.each(Object.entries(WAYS))(
    '%s: each change of its state is told of, and nothing else',
    async (_, way) => {
      const [go, types] = way;
      await hook(['batch.*']);
      const id = await create();
      await go(id);
      const events = await told(id);
      expect(events.map(({ type, deliveries }) => [type, deliveries])).toEqual(
        types.map((type) => [type, 1]),
      );
      const { history } = (await store.batches.find(tenantId, id))!;
      const changes = history.flatMap((entry, i) => {
        const type = typeof entry === 'number' ? undefined : STATES[entry.status];
        return type ? [[type, i + 1]] : [];
      });
      expect(events.map(({ type, sequence }) => [type, sequence])).toEqual(changes);
      const [started] = events.filter(({ type }) => type === 'batch.started');
      expect(started?.data).toEqual(started && { total: 3, failed: 1 });
    },
  );

  it.each(Object.entries(WAYS))('%s, and nobody asked', async (_, [go]) => {
    await hook(['job.*']);
    const id = await create();
    await go(id);
    expect(await told(id)).toEqual([]);
  });

  it('has a webhook of its own is told there of what that asked for', async () => {
    const webhook = { url: 'https://example.com/x', events: ['batch.started', 'batch.failed'] };
    const [runs, fails] = [await create({ webhook }), await create({ webhook })];
    await WAYS.succeeds![0](runs);
    await WAYS['has a file that cannot run']![0](fails);
    const rows = await database.query(
      `SELECT event_type, url, endpoint_id, status FROM webhook_deliveries WHERE tenant_id = '${tenantId}' ORDER BY id`,
    );
    const own = { url: webhook.url, endpoint_id: null, status: 'pending' };
    expect(rows).toEqual([
      { event_type: 'batch.started', ...own },
      { event_type: 'batch.failed', ...own },
    ]);
    expect((await store.batches.find(tenantId, runs))!.webhook).toEqual(webhook);
  });

  it('cannot tell of its change does not change', async () => {
    await hook(['*']);
    const id = await create();
    const batch = await take(id);
    await database.query(
      `ALTER TABLE webhook_events ADD CONSTRAINT none CHECK (type <> 'batch.started') NOT VALID`,
    );
    await expect(start(batch)).rejects.toThrow('none');
    await database.query('ALTER TABLE webhook_events DROP CONSTRAINT none');
    expect((await store.batches.find(tenantId, id))!.state).toBe('validating');
    await start(batch);
    expect((await told(id)).map(({ type }) => type)).toEqual(['batch.started']);
  });
});
