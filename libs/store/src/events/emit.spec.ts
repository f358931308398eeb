import { type EventType, newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testBeat, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import type { FinishedJob } from '../jobs/finish.js';
import { MAX_ATTEMPTS, MAX_CRASHES, type ReturnReason } from '../jobs/requeue.js';
import type { NewJob } from '../jobs/submit.js';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;
let modelId: string;
const WORKER = { id: newUuid(), leaseMs: 60_000 };

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
  versionId = (
    await store.models.addVersion({ tenantId, name: 'm', description: '', manifest: testManifest() })
  ).id;
  modelId = (await store.models.list(tenantId, { name: 'm' }))[0]!.id;
});

const hook = async (events: string[], of = tenantId) =>
  (
    await store.webhooks.create(
      {
        tenantId: of,
        url: 'https://example.com/',
        events,
        description: '',
        maxInFlight: 8,
        secret: 'x',
        idempotency: null,
      },
      LOCAL,
    )
  ).id;

async function submit(job: Partial<NewJob> = {}): Promise<string> {
  const id = newUuid();
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
    ...job,
  });
  return id;
}

/** Dispatches what waits and claims it; the attempt of each. */
async function claim(ids: string[]): Promise<{ id: string; attempt: number }[]> {
  const entries: { id: string; epoch: number }[] = [];
  await store.jobs.dispatch(versionId, 1000, async (chosen) => entries.push(...chosen));
  const claimed = await store.jobs.claim(
    entries.filter(({ id }) => ids.includes(id)),
    WORKER,
  );
  return claimed.map(({ id, attempt }) => ({ id, attempt }));
}

const ended = (job: { id: string; attempt: number }, succeeded = 1): FinishedJob => ({
  ...job,
  results: '[{"index":0}]',
  succeeded,
  failed: 1 - succeeded,
  usage: { tokens: 1, padded_tokens: 1, truncated: 0 },
  timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
  error: succeeded ? null : { code: 'all-items-failed', message: '', retryable: false, attempt: job.attempt },
});

/** Types of the events of an object, oldest first, each with whom it is for. */
async function told(objectId: string): Promise<[EventType, number][]> {
  const rows = await database.query<{ type: EventType; deliveries: number }>(
    `SELECT v.type, (SELECT count(*)::int FROM webhook_deliveries d WHERE d.event_id = v.id) AS deliveries
       FROM webhook_events v WHERE v.object_id = '${objectId}' ORDER BY v.id`,
  );
  return rows.map(({ type, deliveries }) => [type, deliveries]);
}

async function giveBackUntilItFails(id: string, reason: ReturnReason, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const [held] = await claim([id]);
    await store.jobs.giveBack([held!], reason, WORKER.id);
  }
}

describe('every change of a job that is told of', () => {
  /** What happens to a job, and what is told of it. */
  const WAYS: Record<string, [() => Promise<string>, EventType[]]> = {
    succeeds: [
      async () => {
        const id = await submit();
        await store.jobs.finish(
          (await claim([id])).map((job) => ended(job)),
          WORKER.id,
        );
        return id;
      },
      ['job.started', 'job.succeeded'],
    ],
    'fails by its items': [
      async () => {
        const id = await submit();
        await store.jobs.finish(
          (await claim([id])).map((job) => ended(job, 0)),
          WORKER.id,
        );
        return id;
      },
      ['job.started', 'job.failed'],
    ],
    'is canceled while it waits': [
      async () => {
        const id = await submit();
        await store.jobs.cancel(tenantId, id);
        return id;
      },
      ['job.canceled'],
    ],
    'is canceled while it runs, and its result is late': [
      async () => {
        const id = await submit();
        const [job] = await claim([id]);
        await store.jobs.cancel(tenantId, id);
        expect(await store.jobs.finish([ended(job!)], WORKER.id)).toEqual([]);
        expect(await store.jobs.cancel(tenantId, id)).toBeNull();
        return id;
      },
      ['job.started', 'job.canceled'],
    ],
    expires: [
      async () => {
        const id = await submit();
        await database.query(`UPDATE jobs SET deadline = now() - interval '1 s' WHERE id = '${id}'`);
        expect(await store.jobs.expireOverdue()).toContain(id);
        return id;
      },
      ['job.expired'],
    ],
    'is drained, and claimed again': [
      async () => {
        const id = await submit();
        await giveBackUntilItFails(id, 'drained', 2);
        await claim([id]);
        return id;
      },
      ['job.started'],
    ],
    'loses every worker': [
      async () => {
        const id = await submit();
        await giveBackUntilItFails(id, 'lost', MAX_ATTEMPTS);
        return id;
      },
      ['job.started', 'job.failed'],
    ],
    crashes: [
      async () => {
        const id = await submit();
        await giveBackUntilItFails(id, 'worker-crashed', MAX_CRASHES);
        return id;
      },
      ['job.started', 'job.failed'],
    ],
    'never ends in time': [
      async () => {
        const id = await submit();
        await giveBackUntilItFails(id, 'inference-timeout', MAX_CRASHES);
        return id;
      },
      ['job.started', 'job.failed'],
    ],
    'is of a model that cannot be had': [
      async () => {
        const id = await submit();
        await giveBackUntilItFails(id, 'model-unavailable', MAX_ATTEMPTS);
        return id;
      },
      ['job.started', 'job.failed'],
    ],
    'waits for a version that crashes every worker': [
      async () => {
        const id = await submit();
        const worker = newUuid();
        await store.workers.heartbeat(testBeat({ id: worker, quarantined: { [versionId]: 31 } }));
        expect(await store.jobs.failUnavailable(await store.jobs.unavailableVersions())).toEqual([id]);
        await store.workers.remove(worker);
        return id;
      },
      ['job.failed'],
    ],
    'has workers that fall silent': [
      async () => {
        const id = await submit();
        for (let i = 0; i < MAX_ATTEMPTS; i++) {
          expect(await claim([id])).toHaveLength(1);
          await database.query(`UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = '${id}'`);
          await store.jobs.giveBackExpiredLeases();
        }
        return id;
      },
      ['job.started', 'job.failed'],
    ],
  };

  it.each(Object.entries(WAYS))('%s', async (_, [go, types]) => {
    await hook(['*']);
    const id = await go();
    expect(await told(id)).toEqual(types.map((type) => [type, 1]));
    const [job] = await database.query<{ state: string; sequence: number }>(
      `SELECT state, sequence FROM jobs WHERE id = '${id}'`,
    );
    const [last] = await database.query<{ type: string; sequence: number }>(
      `SELECT type, sequence FROM webhook_events WHERE object_id = '${id}' ORDER BY id DESC LIMIT 1`,
    );
    if (last!.type !== 'job.started')
      expect(last).toEqual({ type: `job.${job!.state}`, sequence: job!.sequence });
  });

  it.each(Object.entries(WAYS))('%s, and nobody asked', async (_, [go]) => {
    await hook(['batch.*', 'version.ready']);
    const other = await store.tenants.ensure('other', 'Other');
    await hook(['*'], other.id);
    expect(await told(await go())).toEqual([]);
  });

  it('is told to whom it may concern: by name, by prefix, by all; to those who are disabled later', async () => {
    const byName = await hook(['job.succeeded']);
    const byPrefix = await hook(['job.*']);
    const byAll = await hook(['*', 'job.succeeded']);
    const disabled = await hook(['job.succeeded']);
    await store.webhooks.change(tenantId, disabled, { enabled: false }, LOCAL);
    const deleted = await hook(['*']);
    await store.webhooks.remove(tenantId, deleted, LOCAL);
    await hook(['job.failed', 'batch.*']);
    const id = await submit();
    await store.jobs.finish(
      (await claim([id])).map((job) => ended(job)),
      WORKER.id,
    );
    const rows = await database.query<{ endpoint: string; status: string }>(
      `SELECT d.endpoint_id AS endpoint, d.status FROM webhook_deliveries d JOIN webhook_events v ON v.id = d.event_id
        WHERE v.object_id = '${id}' AND v.type = 'job.succeeded'`,
    );
    const of = (status: string) =>
      rows.filter((row) => row.status === status).map(({ endpoint }) => endpoint);
    expect(of('pending').sort()).toEqual([byName, byPrefix, byAll].sort());
    expect(of('skipped')).toEqual([disabled]);
    expect(rows).toHaveLength(4);
  });

  it('is told to the job’s own URL, in a lane of its origin, where that asked for it', async () => {
    const url = 'https://Example.com:8443/a?b';
    const id = await submit({ webhook: { url, events: ['job.failed', 'job.succeeded'] } });
    const other = await submit({ webhook: { url: 'https://example.com:8443/c', events: ['*'] } });
    const elsewhere = await submit({ webhook: { url: 'https://example.org/c', events: ['job.canceled'] } });
    for (const job of [id, other, elsewhere]) await store.jobs.cancel(tenantId, job);
    expect([await told(id), await told(other), await told(elsewhere)]).toEqual([
      [],
      [['job.canceled', 1]],
      [['job.canceled', 1]],
    ]);
    const again = await submit({ webhook: { url, events: ['job.started'] } });
    await claim([again]);
    const lanes = await database.query<{ lane: string; url: string }>(
      `SELECT lane, url FROM webhook_deliveries WHERE tenant_id = '${tenantId}' ORDER BY id`,
    );
    expect(lanes.map((row) => row.url)).toEqual(['https://example.com:8443/c', 'https://example.org/c', url]);
    expect(lanes[0]!.lane).toBe(lanes[2]!.lane);
    expect(lanes[0]!.lane).not.toBe(lanes[1]!.lane);
    expect((await store.jobs.find(tenantId, id, { inputs: false, results: false }))!.webhook).toEqual({
      url,
      events: ['job.failed', 'job.succeeded'],
    });
  });

  it('has sixteen lanes for the URLs of a tenant, however many hosts these name', async () => {
    for (let i = 0; i < 60; i++) {
      const url = `https://host-${i}.example.com:${2000 + i}/`;
      await store.jobs.cancel(tenantId, await submit({ webhook: { url, events: ['*'] } }));
    }
    const rows = await database.query<{ lane: string }>(
      `SELECT DISTINCT lane FROM webhook_deliveries WHERE tenant_id = '${tenantId}'`,
    );
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.length).toBeLessThanOrEqual(16);
  });

  it('is not told of jobs that a batch or an evaluation made', async () => {
    await hook(['*']);
    for (const source of ['batch', 'evaluation']) {
      const id = await submit({ webhook: { url: 'https://example.com/', events: ['*'] } });
      await database.query(`UPDATE jobs SET source = '${source}' WHERE id = '${id}'`);
      await store.jobs.finish(
        (await claim([id])).map((job) => ended(job)),
        WORKER.id,
      );
      expect(await told(id)).toEqual([]);
    }
  });

  it('is gone with the change that is rolled back', async () => {
    await hook(['*']);
    const [good, bad] = [await submit(), await submit()];
    const claimed = await claim([good, bad]);
    const job = (id: string) => claimed.find((one) => one.id === id)!;
    // A result that Postgres refuses takes all that were finished with it back, and their events.
    const refused = { ...ended(job(bad)), results: 'no JSON' };
    await expect(store.jobs.finish([ended(job(good)), refused], WORKER.id)).rejects.toThrow();
    expect([await told(good), await told(bad)]).toEqual([[['job.started', 1]], [['job.started', 1]]]);
    // And an event that cannot be written takes the change along.
    await database.query(
      `ALTER TABLE webhook_events ADD CONSTRAINT none CHECK (type <> 'job.succeeded') NOT VALID`,
    );
    await expect(store.jobs.finish([ended(job(good))], WORKER.id)).rejects.toThrow('none');
    await database.query('ALTER TABLE webhook_events DROP CONSTRAINT none');
    expect((await store.jobs.find(tenantId, good, { inputs: false, results: false }))!.state).toBe('running');
    await store.jobs.finish([ended(job(good))], WORKER.id);
    expect(await told(good)).toEqual([
      ['job.started', 1],
      ['job.succeeded', 1],
    ]);
  });

  it('is told of once for each of many that end together', async () => {
    await hook(['job.*']);
    const ids = await Promise.all(Array.from({ length: 40 }, () => submit()));
    const claimed = await claim(ids);
    await store.jobs.finish(
      claimed.map((job, i) => ended(job, i % 2)),
      WORKER.id,
    );
    for (const [i, { id }] of claimed.entries())
      expect(await told(id)).toEqual([
        ['job.started', 1],
        [i % 2 ? 'job.succeeded' : 'job.failed', 1],
      ]);
  });
});

describe('other changes that are told of', () => {
  const sequences = async (type: string) =>
    (
      await database.query<{ sequence: number }>(
        `SELECT sequence FROM webhook_events WHERE tenant_id = '${tenantId}' AND type = '${type}' ORDER BY id`,
      )
    ).map(({ sequence }) => sequence);
  const types = async () =>
    (
      await database.query<{ type: string; data: unknown }>(
        `SELECT type, data FROM webhook_events WHERE tenant_id = '${tenantId}' ORDER BY id`,
      )
    ).map(({ type, data }) => (data ? [type, data] : type));

  it('are versions that become ready or fail, and aliases that move', async () => {
    await hook(['version.*', 'alias.changed']);
    const second = await store.models.addVersion({
      tenantId,
      name: 'm',
      description: '',
      manifest: testManifest({ maxTokens: 77 }),
    });
    await store.aliases.put(tenantId, modelId, 'canary', { version: { id: second.id } }, null);
    await store.aliases.put(tenantId, modelId, 'canary', { version: { id: second.id } }, null);
    await store.aliases.put(tenantId, modelId, 'canary', { version: { id: versionId } }, null);
    await store.aliases.remove(tenantId, modelId, 'canary', null);
    await expect(
      store.aliases.put(tenantId, modelId, 'canary', { version: { id: newUuid() } }, null),
    ).rejects.toMatchObject({ code: 'not-found' });
    const changed = { model: 'm', alias: 'canary' };
    const ver = expect.stringMatching(/^ver_/);
    expect(await types()).toEqual([
      'version.ready',
      ['alias.changed', { ...changed, from: null, to: ver, canary: null, shadow: null }],
      ['alias.changed', { ...changed, from: ver, to: ver, canary: null, shadow: null }],
      ['alias.changed', { ...changed, from: ver, to: null, canary: null, shadow: null }],
    ]);
    // Nobody was told of the first change of the model's aliases.
    expect(await sequences('alias.changed')).toEqual([2, 3, 4]);
  });

  it('are endpoints that are disabled, to the others', async () => {
    const one = await hook(['webhook.*']);
    const other = await hook(['*']);
    await store.webhooks.change(tenantId, one, { enabled: false }, LOCAL);
    await store.webhooks.change(tenantId, one, { enabled: false }, LOCAL);
    await store.webhooks.change(tenantId, one, { enabled: true }, LOCAL);
    await store.webhooks.change(tenantId, one, { enabled: false }, LOCAL);
    const disabled = ['webhook.disabled', { endpoint: one, reason: 'manual' }];
    expect(await types()).toEqual([disabled, disabled]);
    const rows = await database.query<{ id: string }>(
      `SELECT endpoint_id AS id FROM webhook_deliveries WHERE tenant_id = '${tenantId}'`,
    );
    expect(rows.map(({ id }) => id)).toEqual([other, other]);
    expect(await sequences('webhook.disabled')).toEqual([1, 2]);
  });

  it('are numbered for each object, however they come about', async () => {
    await hook(['webhook.disabled']);
    const one = await hook(['job.canceled']);
    for (const enabled of [false, true]) await store.webhooks.change(tenantId, one, { enabled }, LOCAL);
    await store.jobs.cancel(tenantId, await submit());
    const [held] = await database.query<{ id: string }>(
      `UPDATE webhook_deliveries SET status = 'delivering', attempt = 1, next_attempt_at = NULL, lease_until = now() + interval '1 min'
        WHERE endpoint_id = '${one}' RETURNING id`,
    );
    const answer = { durationMs: 1, statusCode: 410, error: 'http-status', excerpt: null } as const;
    await store.deliveries.record({ ...held!, attempt: 1, ...answer, retryInS: null, gone: true });
    expect(await sequences('webhook.disabled')).toEqual([1, 2]);
    await database.query(`DELETE FROM webhook_events WHERE tenant_id = '${tenantId}'`);
    for (const enabled of [true, false]) await store.webhooks.change(tenantId, one, { enabled }, LOCAL);
    expect(await sequences('webhook.disabled')).toEqual([3]);
  });
});

it('events go after 30 days, with their deliveries and attempts, and endpoints that were deleted so long ago', async () => {
  const id = await hook(['job.*']);
  for (let i = 0; i < 2; i++) await store.jobs.cancel(tenantId, await submit());
  for (const sent of (await store.deliveries.claim({ free: 1000, freeForMore: 1000 }, 60_000))!) {
    const answer = {
      durationMs: 1,
      statusCode: 200,
      error: null,
      excerpt: null,
      retryInS: null,
      gone: false,
    };
    await store.deliveries.record({ ...sent, ...answer });
  }
  const left = async () =>
    Promise.all(
      ['webhook_events', 'webhook_deliveries', 'webhook_attempts', 'webhook_endpoints'].map(
        async (table) =>
          (await database.query(`SELECT 1 FROM ${table} WHERE tenant_id = '${tenantId}'`)).length,
      ),
    );
  const numbered = async () =>
    (await database.query(`SELECT 1 FROM webhook_event_sequences WHERE object_id = '${id}'`)).length;
  await store.webhooks.change(tenantId, id, { enabled: false }, LOCAL);
  await store.events.removeOld();
  expect(await numbered()).toBe(1);
  await store.webhooks.remove(tenantId, id, LOCAL);
  await store.events.removeOld();
  expect(await left()).toEqual([2, 2, 2, 1]);
  await database.query(
    `UPDATE webhook_events SET created_at = now() - interval '31 days' WHERE id = (SELECT id FROM webhook_events WHERE tenant_id = '${tenantId}' LIMIT 1)`,
  );
  await database.query(
    `UPDATE webhook_endpoints SET deleted_at = now() - interval '31 days' WHERE id = '${id}'`,
  );
  expect(await store.events.removeOld()).toBe(1);
  expect(await left()).toEqual([1, 1, 1, 1]);
  // What is still to be sent stays until that has ended.
  const [open] = await store.deliveries.list(tenantId, {}, { before: null, limit: 1 });
  await database.query(
    `UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = now() WHERE id = '${open!.id}'`,
  );
  await database.query(
    `UPDATE webhook_events SET created_at = now() - interval '31 days' WHERE tenant_id = '${tenantId}'`,
  );
  expect(await store.events.removeOld()).toBe(0);
  await database.query(
    `UPDATE webhook_deliveries SET status = 'exhausted', next_attempt_at = NULL WHERE id = '${open!.id}'`,
  );
  expect(await store.events.removeOld()).toBe(1);
  expect(await left()).toEqual([0, 0, 0, 0]);
  expect(await numbered()).toBe(0);
});
