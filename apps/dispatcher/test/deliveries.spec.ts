import { once } from 'node:events';
import { type Job, newUuid, toPublicId, type WebhookEvent } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER, submitJob } from './jobs.js';
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

beforeAll(async () => {
  system = await startWebhookSystem();
  await system.startDispatcher();
});
afterAll(() => system.stop());
afterEach(async () => {
  for (const receiver of receivers) await receiver.close();
  receivers = [];
});

async function receiverThat(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

const verified = (secret: string, { headers, body }: Receiver['received'][number]) =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as WebhookEvent<Job>;

/** Claims a job once it is dispatched, and ends it with these results. */
async function finishJob(id: string, results: unknown[] = [{ index: 0 }]) {
  const worker = { id: newUuid(), leaseMs: 60_000 };
  const claimed = await waitFor(async () => {
    const [job] = await system.database.query<{ epoch: number }>(`SELECT epoch FROM jobs WHERE id = '${id}'`);
    const taken = await system.store.jobs.claim([{ id, epoch: job!.epoch }], worker);
    return taken[0];
  });
  await system.store.jobs.finish(
    [
      {
        ...ANSWER,
        id,
        attempt: claimed!.attempt,
        results: JSON.stringify(results),
        succeeded: results.length,
      },
    ],
    worker.id,
  );
}

describe('an event', () => {
  it('arrives as it is signed, with the job as it was', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat();
    const { id: endpoint, secret } = await addWebhook(system.store, tenant.id, `${receiver.url}/hook?a=b`);
    const { id } = await submitJob(system.store, { tenantId: tenant.id, versionId: tenant.versionId });
    await finishJob(id);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const traced = { tenantId: tenant.id, versionId: tenant.versionId, traceparent };
    await system.store.jobs.cancel(tenant.id, (await submitJob(system.store, traced)).id);
    const deliveries = await untilAll(system.store, tenant.id, 'delivered');
    expect(receiver.received).toHaveLength(3);
    const ofTraced = receiver.received.find(({ body }) => body.includes('job.canceled'))!;
    expect(ofTraced.headers.traceparent).toBe(traceparent);
    expect(verified(secret, ofTraced).data.trace_id).toBe('a'.repeat(32));
    const events = receiver.received.map((one) => verified(secret, one));
    const started = events.find(({ type }) => type === 'job.started')!;
    const succeeded = events.find(({ type }) => type === 'job.succeeded')!;
    expect(started).toMatchObject({
      object: 'event',
      sequence: 2,
      data: {
        id: toPublicId('job', id),
        status: 'running',
        attempts: 1,
        results: null,
        completed_at: null,
        sequence: 2,
      },
    });
    expect(succeeded).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      sequence: 3,
      timestamp: expect.stringMatching(/Z$/),
      created_at: expect.any(Number),
      data: { status: 'succeeded', inputs: ['x'], results: [{ index: 0 }], sequence: 3, webhook: null },
    });
    expect(Math.floor(Date.parse(succeeded.timestamp) / 1000)).toBe(succeeded.created_at);
    const { headers } = receiver.received.find(({ body }) => body.includes('job.succeeded'))!;
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Heddle-Webhooks/1',
      'webhook-id': succeeded.id,
      traceparent: expect.stringMatching(new RegExp(`^00-${id.replaceAll('-', '')}-[0-9a-f]{16}-00$`)),
    });
    expect(deliveries[0]).toMatchObject({
      endpointId: endpoint,
      url: `${receiver.url}/hook?a=b`,
      attempt: 1,
      attempts: [{ number: 1, statusCode: 200, error: null, responseExcerpt: 'ok' }],
    });
    const [hook] = await system.store.webhooks.list(tenant.id, { before: null, limit: 1 });
    expect(hook).toMatchObject({
      consecutiveFailures: 0,
      lastSuccessAt: expect.any(Date),
      lastFailureAt: null,
    });
  });

  it('goes to the URL of its job, signed with the secret of the tenant', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat();
    await cancelJobs(system.store, tenant, 2, {
      webhook: { url: `${receiver.url}/own`, events: ['job.canceled'] },
    });
    const deliveries = await untilAll(system.store, tenant.id, 'delivered');
    const { secret } = await system.store.webhooks.defaultSecret(tenant.id, 'not used');
    expect(receiver.received.map((one) => verified(secret, one).data.webhook)).toEqual([
      { url: `${receiver.url}/own`, events: ['job.canceled'] },
      { url: `${receiver.url}/own`, events: ['job.canceled'] },
    ]);
    expect(deliveries.map(({ endpointId }) => endpointId)).toEqual([null, null]);
  });

  it('leaves out the largest parts of what is larger than 64 KiB', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat();
    await addWebhook(system.store, tenant.id, receiver.url, { events: ['job.succeeded'] });
    const job = { tenantId: tenant.id, versionId: tenant.versionId };
    const results = (chars: number) => [{ index: 0, output: 'x'.repeat(chars) }];
    for (const [inputs, chars] of [
      ['x', 70_000],
      ['é'.repeat(40_000), 10],
      ['y'.repeat(40_000), 30_000],
    ] as const) {
      const { id } = await submitJob(system.store, { ...job, inputs: [inputs] });
      await finishJob(id, results(chars));
    }
    await untilAll(system.store, tenant.id, 'delivered');
    const data = receiver.received
      .map(({ body }) => JSON.parse(body) as WebhookEvent<Record<string, unknown>>)
      .sort((one, other) => (one.data.id! < other.data.id! ? -1 : 1))
      .map(({ data }) => [data.inputs, data.inputs_omitted, data.results, data.results_omitted]);
    expect(data).toEqual([
      [['x'], undefined, null, true],
      [null, true, results(10), undefined],
      [null, true, results(30_000), undefined],
    ]);
    for (const { body } of receiver.received) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  });

  it('tells of versions and aliases', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat();
    await addWebhook(system.store, tenant.id, receiver.url, { events: ['version.*', 'alias.*'] });
    const { newVersion } = await import('./jobs.js');
    const id = toPublicId('version', await newVersion(system.store, tenant.id));
    await untilAll(system.store, tenant.id, 'delivered');
    const events = receiver.received.map(({ body }) => JSON.parse(body) as WebhookEvent);
    expect(events.find(({ type }) => type === 'version.ready')!.data).toMatchObject({
      id,
      object: 'version',
      status: 'ready',
    });
    expect(events.find(({ type }) => type === 'alias.changed')!.data).toEqual({
      model: expect.any(String),
      alias: 'production',
      from: null,
      to: id,
      canary: null,
      shadow: null,
    });
  });
});

describe('a receiver that', () => {
  /** What an attempt at such a receiver is written down as. */
  const KINDS: Record<string, [Answer, Record<string, unknown>]> = {
    'answers 500': [
      (_, response) => response.writeHead(500).end('no'),
      { statusCode: 500, error: 'http-status', responseExcerpt: 'no' },
    ],
    'answers 404 with a page': [
      (_, response) => response.writeHead(404).end('x'.repeat(5_000)),
      { statusCode: 404, error: 'http-status', responseExcerpt: 'x'.repeat(1_024) },
    ],
    'resets after it has read': [
      (request) => request.socket.resetAndDestroy(),
      { statusCode: null, error: 'connect-failed' },
    ],
    redirects: [
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { statusCode: 302, error: 'redirect' },
    ],
    'never stops answering': [
      (_, response) => {
        response.writeHead(200);
        const more = () => response.write('x'.repeat(16_384), () => setTimeout(more, 1));
        more();
      },
      { statusCode: 200, error: 'response-too-large' },
    ],
  };
  it.each(Object.entries(KINDS))(
    '%s is tried again by the schedule, then given up',
    async (_, [answer, attempt]) => {
      const tenant = await system.tenant();
      const receiver = await receiverThat(answer);
      const { secret } = await addWebhook(system.store, tenant.id, receiver.url);
      await cancelJobs(system.store, tenant, 1);
      const [delivery] = await untilAll(system.store, tenant.id, 'exhausted');
      expect(delivery!.attempts).toHaveLength(4);
      for (const [i, made] of delivery!.attempts.entries())
        expect(made).toMatchObject({ ...attempt, number: i + 1 });
      const times = delivery!.attempts.map(({ at }) => Date.parse(at));
      const gaps = times.slice(1).map((at, i) => at - times[i]!);
      for (const [i, step] of [1, 1, 2].entries()) expect(gaps[i]).toBeGreaterThanOrEqual(step * 800 - 50);
      // The same id and body each time, signed at its own time.
      const bodies = new Set(receiver.received.map(({ body }) => body));
      const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
      expect([receiver.received.length, bodies.size, ids.size]).toEqual([4, 1, 1]);
      const timestamps = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']));
      expect(timestamps[3]! - timestamps[0]!).toBeGreaterThanOrEqual(3);
      for (const one of receiver.received) verified(secret, one);
      const [hook] = await system.store.webhooks.list(tenant.id, { before: null, limit: 1 });
      expect(hook).toMatchObject({ enabled: true, consecutiveFailures: 4, lastFailureAt: expect.any(Date) });
    },
  );

  it('asks for more time is given it, up to twice the step', async () => {
    const tenant = await system.tenant();
    let calls = 0;
    const receiver = await receiverThat((_, response) => {
      const busy = calls++ === 0;
      response.writeHead(busy ? 429 : 204, busy ? { 'retry-after': '60' } : {}).end();
    });
    await addWebhook(system.store, tenant.id, receiver.url);
    await cancelJobs(system.store, tenant, 1);
    const [delivery] = await untilAll(system.store, tenant.id, 'delivered');
    const [first, second] = delivery!.attempts.map(({ at }) => Date.parse(at));
    expect(second! - first!).toBeGreaterThanOrEqual(1_900);
    expect(delivery!.attempts.map(({ statusCode }) => statusCode)).toEqual([429, 204]);
  });

  it('does not answer is given up after 15 s', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat(() => undefined);
    await addWebhook(system.store, tenant.id, receiver.url);
    await cancelJobs(system.store, tenant, 1);
    await waitFor(async () => (await deliveriesOf(system.store, tenant.id))[0]!.attempts.length > 0, {
      timeoutMs: 30_000,
    });
    const [delivery] = await deliveriesOf(system.store, tenant.id);
    expect(delivery!.attempts[0]).toMatchObject({ error: 'timeout', statusCode: null });
    expect(delivery!.attempts[0]!.durationMs).toBeGreaterThanOrEqual(14_900);
  });

  it('answers 410 wants no more: it is disabled, the others hear of that, and what waits is skipped', async () => {
    const tenant = await system.tenant();
    const gone = await receiverThat((_, response) => response.writeHead(410).end());
    const other = await receiverThat();
    const { id } = await addWebhook(system.store, tenant.id, gone.url, { maxInFlight: 1 });
    await addWebhook(system.store, tenant.id, other.url, { events: ['webhook.disabled'] });
    await cancelJobs(system.store, tenant, 5);
    await waitFor(() => other.received.length > 0, { timeoutMs: 20_000 });
    await cancelJobs(system.store, tenant, 1);
    await waitFor(async () =>
      (await deliveriesOf(system.store, tenant.id)).every(
        ({ status }) => !['pending', 'delivering'].includes(status),
      ),
    );
    const of = (await deliveriesOf(system.store, tenant.id)).filter(({ endpointId }) => endpointId === id);
    expect(of.map(({ status }) => status).sort()).toEqual(['exhausted', ...Array(5).fill('skipped')]);
    expect(gone.received).toHaveLength(1);
    const event = JSON.parse(other.received[0]!.body) as WebhookEvent;
    expect(event).toMatchObject({
      type: 'webhook.disabled',
      data: { id: toPublicId('webhook', id), enabled: false, disabled_reason: 'gone' },
    });
    expect(other.received).toHaveLength(1);
    // Enabled again, what was missed can be had.
    await system.store.webhooks.change(tenant.id, id, { enabled: true }, ACTOR);
    const replay = { since: new Date(0), until: null, status: 'skipped' } as const;
    expect(await system.store.deliveries.replay(tenant.id, id, replay, ACTOR)).toBe(5);
    await waitFor(() => gone.received.length === 2, { timeoutMs: 10_000 });
  });

  it('fails for five days and ten times is disabled; one success in between is enough', async () => {
    const tenant = await system.tenant();
    const failing = await receiverThat((_, response) => response.writeHead(500).end());
    const other = await receiverThat();
    const { id } = await addWebhook(system.store, tenant.id, failing.url);
    await addWebhook(system.store, tenant.id, other.url, { events: ['webhook.*'] });
    const hook = async () => (await system.store.webhooks.find(tenant.id, id))!;
    const age = (days: number, failures: number) =>
      system.database.query(
        `UPDATE webhook_endpoints SET failing_since = now() - interval '${days} days', consecutive_failures = ${failures} WHERE id = '${id}'`,
      );
    await age(4, 50);
    await cancelJobs(system.store, tenant, 1);
    await waitFor(async () => (await hook()).consecutiveFailures > 50);
    expect((await hook()).enabled).toBe(true);
    await untilAll(system.store, tenant.id, 'exhausted');
    await age(6, 3);
    await cancelJobs(system.store, tenant, 1);
    await waitFor(async () => (await hook()).consecutiveFailures > 3);
    expect((await hook()).enabled).toBe(true);
    await age(6, 20);
    await waitFor(async () => !(await hook()).enabled, { timeoutMs: 20_000 });
    expect(await hook()).toMatchObject({ disabledReason: 'failing' });
    await waitFor(() => other.received.length > 0, { timeoutMs: 20_000 });
    expect(JSON.parse(other.received[0]!.body)).toMatchObject({ data: { disabled_reason: 'failing' } });
  });
});

describe('a URL that may not be called any more', () => {
  it('is given up at once', async () => {
    const tenant = await system.tenant();
    await addWebhook(system.store, tenant.id, 'http://10.1.2.3/');
    await cancelJobs(system.store, tenant, 1);
    const [delivery] = await untilAll(system.store, tenant.id, 'exhausted');
    expect(delivery!.attempts).toMatchObject([{ error: 'blocked-address' }]);
  });
});

describe('sending again', () => {
  it('keeps the id and the body, also of what was delivered', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat();
    const { id: endpoint } = await addWebhook(system.store, tenant.id, receiver.url);
    await cancelJobs(system.store, tenant, 1);
    const [first] = await untilAll(system.store, tenant.id, 'delivered');
    expect(await system.store.deliveries.retry(tenant.id, first!.id)).toBe('due');
    await waitFor(() => receiver.received.length === 2);
    await untilAll(system.store, tenant.id, 'delivered');
    const replay = { since: new Date(Date.now() - 60_000), until: null, status: 'all' } as const;
    expect(
      await system.store.deliveries.replay(tenant.id, endpoint, { ...replay, status: 'exhausted' }, ACTOR),
    ).toBe(0);
    expect(await system.store.deliveries.replay(tenant.id, endpoint, replay, ACTOR)).toBe(1);
    await waitFor(() => receiver.received.length === 3);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [delivery] = await untilAll(system.store, tenant.id, 'delivered');
    expect(delivery!.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    const stranger = await system.tenant();
    expect(await system.store.deliveries.retry(stranger.id, first!.id)).toBeNull();
    expect(await system.store.deliveries.replay(stranger.id, endpoint, replay, ACTOR)).toBeNull();
    expect(await deliveriesOf(system.store, stranger.id)).toEqual([]);
  });

  it('says that the texts are gone when the job was purged, and keeps no trace of them', async () => {
    const tenant = await system.tenant();
    const receiver = await receiverThat((_, response, body) => response.writeHead(500).end(body));
    await addWebhook(system.store, tenant.id, receiver.url);
    const [id] = await cancelJobs(system.store, tenant, 1, { inputs: ['a secret text'] });
    const [delivery] = await untilAll(system.store, tenant.id, 'exhausted');
    expect(delivery!.attempts[0]!.responseExcerpt).toContain('a secret text');
    await system.store.jobs.purge(tenant.id, id!);
    const [{ dump }] = (await system.database.query<{ dump: string }>(
      `SELECT (SELECT json_agg(v) FROM webhook_events v WHERE tenant_id = '${tenant.id}')::text
           || (SELECT json_agg(a) FROM webhook_attempts a WHERE tenant_id = '${tenant.id}')::text AS dump`,
    )) as [{ dump: string }];
    expect(dump).not.toContain('a secret text');
    await system.store.deliveries.retry(tenant.id, delivery!.id);
    await waitFor(() => receiver.received.length === 5);
    expect(JSON.parse(receiver.received[4]!.body)).toMatchObject({
      data: { data_removed: true, inputs: null },
    });
  });
});

it('SIGTERM lets what is under way end', async () => {
  const tenant = await system.tenant();
  const receiver = await receiverThat((_, response) => setTimeout(() => response.end('late'), 2_000));
  await addWebhook(system.store, tenant.id, receiver.url);
  const own = await startWebhookSystem();
  const other = await own.tenant();
  await addWebhook(own.store, other.id, receiver.url);
  const dispatcher = await own.startDispatcher();
  await cancelJobs(own.store, other, 1);
  await waitFor(() => receiver.received.length === 1);
  const exited = once(dispatcher, 'exit');
  dispatcher.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await deliveriesOf(own.store, other.id)).toMatchObject([
    { status: 'delivered', attempts: [{ responseExcerpt: 'late' }] },
  ]);
  await endProcess(dispatcher, 'SIGTERM');
  await own.stop();
});
