import { fromPublicId, newUuid, type WebhookEvent } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { newSecret } from '@heddle/webhooks';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  ACTOR,
  type Answer,
  addWebhook,
  cancelJobs,
  deliveriesOf,
  endProcess,
  type Receiver,
  startReceiver,
  startWebhookSystem,
  untilAll,
  type WebhookSystem,
} from './webhooks.js';

let system: WebhookSystem;
let receivers: Receiver[] = [];

beforeEach(async () => {
  system = await startWebhookSystem();
});
afterEach(async () => {
  await system.stop();
  for (const receiver of receivers) await receiver.close();
  receivers = [];
});

async function receiverThat(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

it('ten thousand events that nobody takes delay nobody else', { timeout: 120_000 }, async () => {
  const stuck = 10_000;
  const dead = await receiverThat(() => undefined);
  const deadTenant = await system.tenant();
  const { id: endpoint } = await addWebhook(system.store, deadTenant.id, dead.url);
  await system.database.query(
    `WITH made AS (INSERT INTO webhook_events (id, tenant_id, type, object_id, data)
       SELECT new_uuidv7(), '${deadTenant.id}', 'alias.changed', gen_random_uuid(), '{}' FROM generate_series(1, ${stuck})
       RETURNING id)
     INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, lane, next_attempt_at)
     SELECT new_uuidv7(), '${deadTenant.id}', id, 'alias.changed', '${endpoint}', '${endpoint}', now() FROM made`,
  );
  await system.startDispatcher();
  await system.startDispatcher();
  await waitFor(() => dead.received.length >= 8, { timeoutMs: 30_000 });

  const sentAt = new Map<string, number>();
  const delays: number[] = [];
  const others = await receiverThat((_, response, body) => {
    const { data } = JSON.parse(body) as WebhookEvent<{ id: string }>;
    delays.push(performance.now() - sentAt.get(data.id)!);
    response.end();
  });
  const tenants = await Promise.all(Array.from({ length: 4 }, () => system.tenant()));
  for (const { id } of tenants) await addWebhook(system.store, id, others.url, { events: ['job.canceled'] });
  const { toPublicId } = await import('@heddle/contracts');
  for (let i = 0; i < 25; i++) {
    for (const tenant of tenants) {
      const id = newUuid();
      sentAt.set(toPublicId('job', id), performance.now());
      await cancelJobs(system.store, tenant, 1, { id });
    }
  }
  await waitFor(() => delays.length >= 100, { timeoutMs: 30_000 });
  const [{ waiting }] = (await system.database.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM webhook_deliveries WHERE endpoint_id = '${endpoint}' AND status = 'pending'`,
  )) as [{ waiting: number }];
  delays.sort((one, other) => one - other);
  console.log(`p95 of the others: ${Math.round(delays[94]!)} ms, longest ${Math.round(delays[99]!)} ms`);
  expect(waiting).toBeGreaterThan(stuck - 100);
  expect(delays).toHaveLength(100);
  // Over both processes.
  expect(dead.mostOpen()).toBe(8);
});

it('each delivery verifies with the secrets whose grace lasts while these change', {
  timeout: 60_000,
}, async () => {
  const receiver = await receiverThat();
  const tenant = await system.tenant();
  const { id, secret } = await addWebhook(system.store, tenant.id, receiver.url, {
    events: ['job.canceled'],
  });
  await system.startDispatcher();
  const secrets = [secret];
  for (let i = 0; i < 5; i++) {
    await cancelJobs(system.store, tenant, 10);
    secrets.push(newSecret());
    await system.store.webhooks.rotateSecret(tenant.id, id, { secret: secrets.at(-1)!, graceS: 60 }, ACTOR);
  }
  await waitFor(async () => receiver.received.length >= 50, { timeoutMs: 30_000 });
  const verifies = (one: Receiver['received'][number], by: string) => {
    try {
      new Webhook(by).verify(one.body, one.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  // Of the secrets in the order they were set, some neighbours sign each.
  for (const one of receiver.received) {
    const good = secrets.map((by) => verifies(one, by));
    expect(good.indexOf(true)).toBeGreaterThanOrEqual(0);
    // The newest of its moment, and those before it one after another.
    expect(good.lastIndexOf(true) - good.indexOf(true)).toBe(good.filter(Boolean).length - 1);
  }
  await cancelJobs(system.store, tenant, 1);
  await waitFor(() => receiver.received.length === 51);
  const last = receiver.received.at(-1)!;
  expect(String(last.headers['webhook-signature']).split(' ')).toHaveLength(6);
  expect(secrets.map((by) => verifies(last, by))).toEqual(secrets.map(() => true));
  // Without grace only the new one is good.
  const final = newSecret();
  await system.store.webhooks.rotateSecret(tenant.id, id, { secret: final, graceS: 0 }, ACTOR);
  await cancelJobs(system.store, tenant, 1);
  await waitFor(() => receiver.received.length === 52);
  expect(String(receiver.received.at(-1)!.headers['webhook-signature']).split(' ')).toHaveLength(1);
  expect(verifies(receiver.received.at(-1)!, final)).toBe(true);
});

it('SIGTERM sends what was taken, and waits for the answer', { timeout: 60_000 }, async () => {
  const receiver = await receiverThat((_, response) => setTimeout(() => response.end('late'), 2_000));
  const tenant = await system.tenant();
  await addWebhook(system.store, tenant.id, receiver.url, { events: ['job.canceled'] });
  await system.database.query(
    `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
     CREATE TRIGGER slow BEFORE UPDATE OF body ON webhook_events FOR EACH ROW EXECUTE FUNCTION slow()`,
  );
  const dispatcher = await system.startDispatcher();
  await cancelJobs(system.store, tenant, 1);
  await waitFor(async () => {
    const rows = await system.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE 'UPDATE webhook_events%'`,
    );
    return rows.length > 0;
  });
  expect(await endProcess(dispatcher, 'SIGTERM')).toBe(0);
  expect(receiver.received).toHaveLength(1);
  expect(await deliveriesOf(system.store, tenant.id)).toMatchObject([
    { status: 'delivered', attempt: 1, attempts: [{ responseExcerpt: 'late' }] },
  ]);
});

it('an answer that cannot be written down at once is not asked for again', { timeout: 60_000 }, async () => {
  let answer = () => undefined as unknown;
  const receiver = await receiverThat((_, response) => {
    answer = () => response.end();
  });
  const tenant = await system.tenant();
  await addWebhook(system.store, tenant.id, receiver.url, { events: ['job.canceled'] });
  await system.startDispatcher();
  await cancelJobs(system.store, tenant, 1);
  await waitFor(() => receiver.received.length === 1);
  // Longer than a statement waits for a lock.
  const locked = system.database.query(
    `WITH held AS MATERIALIZED (SELECT id FROM webhook_deliveries FOR UPDATE) SELECT pg_sleep(5) FROM held`,
  );
  await waitFor(async () => {
    const rows = await system.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'WITH held AS MAT%pg_sleep%' AND wait_event = 'PgSleep'`,
    );
    return rows.length === 1;
  });
  answer();
  await locked;
  const [delivery] = await untilAll(system.store, tenant.id, 'delivered');
  expect(delivery).toMatchObject({ attempt: 1, attempts: [{ number: 1, statusCode: 200 }] });
  expect(receiver.received).toHaveLength(1);
});

it('kill -9 at every stage: each event arrives, with the same id and body', {
  timeout: 120_000,
}, async () => {
  const answers: (() => void)[] = [];
  let holds = true;
  const hold: Answer = (_, response) => {
    if (holds) answers.push(() => response.end());
    else response.end();
  };
  const [inCall, inRecord, inPrepare] = [
    await receiverThat(hold),
    await receiverThat(hold),
    await receiverThat(),
  ];
  const tenants = [await system.tenant(), await system.tenant(), await system.tenant()] as const;
  for (const [i, receiver] of [inCall, inRecord, inPrepare].entries())
    await addWebhook(system.store, tenants[i]!.id, receiver.url, { events: ['job.canceled'] });
  const dispatcher = await system.startDispatcher();

  await cancelJobs(system.store, tenants[0], 1);
  await waitFor(() => inCall.received.length === 1);
  await cancelJobs(system.store, tenants[1], 1);
  await waitFor(() => inRecord.received.length === 1);
  const locked = (table: string, tenantId: string) =>
    system.database.query(
      `WITH held AS MATERIALIZED (SELECT id FROM ${table} WHERE tenant_id = '${tenantId}' FOR UPDATE) SELECT pg_sleep(8) FROM held`,
    );
  const waitingForLock = (text: string) =>
    waitFor(async () => {
      const rows = await system.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%${text}%'`,
      );
      return rows.length > 0;
    });
  // The receiver has answered, and what it said cannot be written down.
  const recordLock = locked('webhook_deliveries', tenants[1].id);
  await waitFor(
    async () =>
      (
        await system.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'WITH held AS MAT%pg_sleep%' AND wait_event = 'PgSleep'`,
        )
      ).length === 1,
  );
  answers[1]!();
  await waitingForLock('FROM webhook_deliveries d JOIN given');
  // The job's end and the look at its event race; the event is locked as soon as it is there.
  await system.database.query(
    `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(8); RETURN NEW; END $$`,
  );
  await system.database.query(
    `CREATE TRIGGER hold BEFORE UPDATE OF body ON webhook_events FOR EACH ROW EXECUTE FUNCTION hold()`,
  );
  await cancelJobs(system.store, tenants[2], 1);
  await waitFor(async () => {
    const rows = await system.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'UPDATE webhook_events%'`,
    );
    return rows.length > 0;
  });

  await endProcess(dispatcher, 'SIGKILL');
  holds = false;
  await recordLock;
  await system.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE webhook_events%'`,
  );
  await system.database.query('DROP TRIGGER hold ON webhook_events');
  const before = await Promise.all(tenants.map(({ id }) => deliveriesOf(system.store, id)));
  expect(
    before.map(([delivery]) => [delivery!.status, delivery!.attempt, delivery!.attempts.length]),
  ).toEqual([
    ['delivering', 1, 0],
    ['delivering', 1, 0],
    ['delivering', 1, 0],
  ]);
  await system.startDispatcher();
  // The leases hold still: nothing is sent before they end.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect([inCall, inRecord, inPrepare].map(({ received }) => received.length)).toEqual([1, 1, 0]);
  await system.database.query(
    `UPDATE webhook_deliveries SET lease_until = now() WHERE status = 'delivering'`,
  );
  for (const { id } of tenants) {
    const [delivery] = await untilAll(system.store, id, 'delivered');
    expect(delivery).toMatchObject({ attempt: 2, attempts: [{ number: 2, statusCode: 200 }] });
  }
  for (const { received } of [inCall, inRecord]) {
    expect(received).toHaveLength(2);
    expect(received[0]!.body).toBe(received[1]!.body);
    expect(received[0]!.headers['webhook-id']).toBe(received[1]!.headers['webhook-id']);
  }
  expect(inPrepare.received).toHaveLength(1);
  const event = JSON.parse(inPrepare.received[0]!.body) as WebhookEvent;
  expect(fromPublicId('event', event.id)).toBe(before[2]![0]!.eventId);
});
