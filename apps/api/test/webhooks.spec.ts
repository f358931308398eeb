import {
  type Delivery,
  fromPublicId,
  isWebhookSecret,
  type Job,
  type Page,
  type Webhook,
  type WebhookSecret,
} from '@heddle/contracts';
import { newSecret } from '@heddle/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
});
afterAll(() => api.stop());

const URL_ = 'http://127.0.0.1:9999/hook';
const post = (
  path: string,
  body?: unknown,
  options: { key?: string; headers?: Record<string, string> } = {},
) => api.call('POST', path, { ...(body === undefined ? {} : { body }), ...options });
async function create(body: Record<string, unknown> = {}, key = api.key) {
  const answer = await post('/v1/webhooks', { url: URL_, events: ['job.*'], ...body }, { key });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as Webhook & { secret: string };
}
const get = async <T>(path: string, key = api.key) => (await api.call('GET', path, { key })).body as T;
const codeOf = (answer: Answer) => [answer.status, problemIn(answer).code];
const canceled = async (job: Record<string, unknown> = {}, key = api.key) => {
  const { id } = (await post('/v1/jobs', { model: 'm', inputs: ['x'], ...job }, { key })).body as Job;
  return (await post(`/v1/jobs/${id}/cancel`, undefined, { key })).body as Job;
};
/** A delivery as a dispatcher leaves it. */
const become = (delivery: Delivery, status: string) =>
  api.database.query(
    `UPDATE webhook_deliveries SET status = '${status}', next_attempt_at = NULL
      WHERE event_id = (SELECT id FROM webhook_events WHERE id = (SELECT event_id FROM webhook_deliveries ORDER BY id DESC LIMIT 1)
        AND '${delivery.id}' <> '')`,
  );

describe('POST /v1/webhooks', () => {
  it('makes one whose secret is shown once', async () => {
    const answer = await post('/v1/webhooks', {
      url: URL_,
      events: ['job.succeeded', 'batch.*', 'job.succeeded'],
    });
    const made = answer.body as Webhook & { secret: string };
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v1/webhooks/${made.id}`]);
    const { secret, ...shown } = made;
    expect(shown).toEqual({
      id: expect.stringMatching(/^whe_[0-9a-z]{26}$/),
      object: 'webhook',
      url: URL_,
      events: ['job.succeeded', 'batch.*'],
      description: '',
      enabled: true,
      disabled_reason: null,
      max_in_flight: 8,
      created_at: expect.stringMatching(/Z$/),
      last_success_at: null,
      last_failure_at: null,
      consecutive_failures: 0,
    });
    expect(isWebhookSecret(secret)).toBe(true);
    expect(await get(`/v1/webhooks/${made.id}`)).toEqual(shown);
    expect((await get<Page<Webhook>>('/v1/webhooks')).data[0]).toEqual(shown);
    const own = newSecret();
    expect((await create({ secret: own })).secret).toBe(own);
    const { data } = await get<Page<{ action: string; object: string; after: unknown }>>(
      `/v1/audit?object=${made.id}`,
    );
    expect(data).toMatchObject([{ action: 'webhook.create', after: { url: URL_ } }]);
    expect(JSON.stringify(data)).not.toContain('whsec_');
  });

  it('makes one with one idempotency key, whoever asks at once', async () => {
    const body = { url: URL_, events: ['*'], description: 'once' };
    const headers = { 'idempotency-key': 'one' };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => post('/v1/webhooks', body, { headers })),
    );
    expect(new Set(answers.map((answer) => (answer.body as Webhook).id)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(201));
    expect(answers.filter((answer) => 'secret' in (answer.body as object))).toHaveLength(1);
    expect(answers.filter(({ headers: given }) => given.get('idempotency-replayed') === 'true')).toHaveLength(
      15,
    );
    expect(codeOf(await post('/v1/webhooks', { ...body, description: 'twice' }, { headers }))).toEqual([
      422,
      'idempotency-key-reused',
    ]);
  });

  it.each([
    [{ url: 'x' }, 'webhook-url-invalid', '/url'],
    [{ url: 'ftp://example.com/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'https://10.0.0.1/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'https://0x0a000001/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'https://[::ffff:169.254.169.254]/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'http://127.0.0.1:5432/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'https://a:b@example.com/' }, 'webhook-url-invalid', '/url'],
    [{ url: 'https://@example.com/' }, 'webhook-url-invalid', '/url'],
    [{ url: `https://example.com/${'x'.repeat(2048)}` }, 'webhook-url-invalid', '/url'],
    [{ url: '' }, 'validation', '/url'],
    [{ events: [] }, 'validation', '/events'],
    [{ events: ['job.danced'] }, 'validation', '/events/0'],
    [{ events: ['jo*'] }, 'validation', '/events/0'],
    [{ events: ['**'] }, 'validation', '/events/0'],
    [{ secret: 'whsec_short' }, 'validation', '/secret'],
    [{ secret: `whsec_${'A'.repeat(33)}` }, 'validation', '/secret'],
    [{ description: 'a\u0007b' }, 'validation', '/description'],
    [{ max_in_flight: 9 }, 'validation', '/max_in_flight'],
    [{ enabled: true }, 'validation', '/enabled'],
  ])('refuses %j', async (body, code, pointer) => {
    const answer = await post('/v1/webhooks', { url: URL_, events: ['*'], ...body });
    expect(codeOf(answer)).toEqual([422, code]);
    expect(problemIn(answer).errors).toMatchObject([{ pointer }]);
  });

  it('keeps a URL in its normal form, whatever it was typed as', async () => {
    const made = await create({ url: 'HTTP:/127.1:9999/a?b' });
    expect(made.url).toBe('http://127.0.0.1:9999/a?b');
    const changed = await api.call('PATCH', `/v1/webhooks/${made.id}`, {
      body: { url: 'http://0x7f.1.:9999/c' },
    });
    expect((changed.body as Webhook).url).toBe('http://127.0.0.1:9999/c');
    const job = await canceled({ webhook: { url: 'http:127.0.0.1:9999' } });
    expect(job.webhook!.url).toBe('http://127.0.0.1:9999/');
  });

  it('makes 50 for a tenant, and no more at once', async () => {
    const { id } = await api.store.tenants.ensure('full', 'Full');
    const key = await api.store.keys.create(id, 'k', ['manage']);
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => post('/v1/webhooks', { url: URL_, events: ['*'] }, { key })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });
});

describe('PATCH and DELETE /v1/webhooks/{id}', () => {
  it('change it, disable it, enable it, take it away', async () => {
    const { id } = await create();
    const patch = (body: unknown) => api.call('PATCH', `/v1/webhooks/${id}`, { body });
    expect(
      (await patch({ url: 'http://127.0.0.1:9998/', events: ['*'], max_in_flight: 2 })).body,
    ).toMatchObject({
      url: 'http://127.0.0.1:9998/',
      events: ['*'],
      max_in_flight: 2,
    });
    expect(codeOf(await patch({ url: 'https://192.168.1.1/' }))).toEqual([422, 'webhook-url-invalid']);
    expect((await patch({ enabled: false })).body).toMatchObject({
      enabled: false,
      disabled_reason: 'manual',
    });
    await api.database.query(`UPDATE webhook_endpoints SET consecutive_failures = 7 WHERE NOT enabled`);
    expect((await patch({ enabled: true })).body).toMatchObject({
      enabled: true,
      disabled_reason: null,
      consecutive_failures: 0,
    });
    expect((await api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(204);
    expect(codeOf(await api.call('GET', `/v1/webhooks/${id}`))).toEqual([404, 'not-found']);
    expect(codeOf(await api.call('DELETE', `/v1/webhooks/${id}`))).toEqual([404, 'not-found']);
  });
});

describe('secrets', () => {
  it('rotate with a grace in which both sign', async () => {
    const { id } = await create();
    const rotated = (await post(`/v1/webhooks/${id}/rotate-secret`)).body as WebhookSecret;
    expect(isWebhookSecret(rotated.secret)).toBe(true);
    const graceMs = Date.parse(rotated.previous_expires_at!) - Date.now();
    expect(graceMs).toBeGreaterThan(86_000_000);
    expect(graceMs).toBeLessThan(87_000_000);
    const own = newSecret();
    const at = await post(`/v1/webhooks/${id}/rotate-secret`, { grace_s: 0, secret: own });
    expect(at.body).toEqual({ secret: own, previous_expires_at: null });
    expect(codeOf(await post(`/v1/webhooks/${id}/rotate-secret`, { grace_s: 604_801 }))).toEqual([
      422,
      'validation',
    ]);
    expect(codeOf(await post(`/v1/webhooks/${id}/rotate-secret`, { secret: 'x' }))).toEqual([
      422,
      'validation',
    ]);
  });

  it('sign until the grace of each is over, also when the next ones come before', async () => {
    const good = async (id: string) => {
      const uuid = fromPublicId('webhook', id)!;
      return (await api.store.webhooks.secretsOf([uuid], [])).get(uuid);
    };
    const { id, secret } = await create();
    const secrets = [secret];
    const rotate = async (body: Record<string, unknown> = {}) => {
      const { body: rotated } = await post(`/v1/webhooks/${id}/rotate-secret`, body);
      secrets.unshift((rotated as WebhookSecret).secret);
      return rotated as WebhookSecret;
    };
    const first = await rotate();
    // The answer was lost, and the request came again.
    const second = await rotate();
    expect(await good(id)).toEqual(secrets);
    expect(Date.parse(second.previous_expires_at!)).toBeGreaterThan(Date.parse(first.previous_expires_at!));
    const own = newSecret();
    const given = await rotate({ secret: own });
    expect(await rotate({ secret: own })).toEqual(given);
    secrets.shift();
    expect(await good(id)).toEqual(secrets);
    // No secret before signs for longer than that.
    const soon = await rotate({ grace_s: 60 });
    expect(Date.parse(soon.previous_expires_at!)).toBeLessThan(Date.now() + 61_000);
    for (let i = 0; i < 10; i++) await rotate();
    expect(await good(id)).toEqual(secrets.slice(0, 9));
    await rotate({ grace_s: 0 });
    expect(await good(id)).toEqual(secrets.slice(0, 1));
  });

  it('of jobs’ own webhooks are the tenant’s', async () => {
    const first = await get<WebhookSecret>('/v1/webhooks/default');
    expect(await get('/v1/webhooks/default')).toEqual(first);
    expect(await get('/v1/webhooks/default', api.strangerKey)).not.toEqual(first);
    const rotated = (await post('/v1/webhooks/default/rotate-secret', { grace_s: 60 })).body as WebhookSecret;
    expect(await get('/v1/webhooks/default')).toEqual(rotated);
    expect(rotated.secret).not.toBe(first.secret);
    const reader = await api.keyWith(['read', 'infer']);
    expect(codeOf(await api.call('GET', '/v1/webhooks/default', { key: reader }))).toEqual([
      403,
      'forbidden',
    ]);
  });
});

describe('a job’s own webhook', () => {
  it('is shown, and told of the ends by default', async () => {
    const job = await canceled({ webhook: { url: URL_ } });
    expect(job.webhook).toEqual({
      url: URL_,
      events: ['job.succeeded', 'job.failed', 'job.canceled', 'job.expired'],
    });
    const { data } = await get<Page<Delivery>>(`/v1/deliveries?job=${job.id}`);
    expect(data.filter(({ webhook }) => webhook === null)).toMatchObject([
      { event_type: 'job.canceled', url: URL_, status: 'pending', attempts: [], attempt_count: 0 },
    ]);
  });

  it.each([
    [{ url: 'https://10.0.0.1/' }, 'webhook-url-invalid', '/webhook/url'],
    [{ url: URL_, events: ['version.ready'] }, 'validation', '/webhook/events/0'],
    [{ url: URL_, colour: 'red' }, 'validation', '/webhook/colour'],
    [{}, 'validation', '/webhook/url'],
    ['x', 'validation', '/webhook'],
  ])('%j is refused', async (webhook, code, pointer) => {
    const answer = await post('/v1/jobs', { model: 'm', inputs: ['x'], webhook });
    expect(codeOf(answer)).toEqual([422, code]);
    expect(problemIn(answer).errors).toMatchObject([{ pointer }]);
  });
});

describe('deliveries', () => {
  it('are listed by what they are of, to their tenant alone', async () => {
    const { id } = await create({ events: ['job.canceled'] });
    const job = await canceled();
    const list = (query: string, key = api.key) => get<Page<Delivery>>(`/v1/deliveries?${query}`, key);
    const [delivery] = (await list(`webhook=${id}`)).data;
    expect(delivery).toEqual({
      id: expect.stringMatching(/^dlv_/),
      object: 'delivery',
      webhook: id,
      event: expect.stringMatching(/^evt_/),
      event_type: 'job.canceled',
      url: URL_,
      status: 'pending',
      attempt_count: 0,
      next_attempt_at: expect.stringMatching(/Z$/),
      attempts: [],
      created_at: expect.stringMatching(/Z$/),
      delivered_at: null,
    });
    expect(await get(`/v1/deliveries/${delivery!.id}`)).toEqual(delivery);
    const count = async (query: string, key = api.key) => (await list(query, key)).data.length;
    expect(await count(`webhook=${id}&job=${job.id}&status=pending&event_type=job.canceled`)).toBe(1);
    expect(await count(`webhook=${id}&status=delivered`)).toBe(0);
    expect(await count(`webhook=${id}&event_type=job.failed`)).toBe(0);
    expect(await count('webhook=nothing')).toBe(0);
    expect(await count(`webhook=${id}`, api.strangerKey)).toBe(0);
    expect(codeOf(await api.call('GET', `/v1/deliveries/${delivery!.id}`, { key: api.strangerKey }))).toEqual(
      [404, 'not-found'],
    );
  });

  it('of a test are made at once, of one key once', async () => {
    const { id } = await create({ events: ['version.ready'] });
    const headers = { 'idempotency-key': 'test' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(`/v1/webhooks/${id}/test`, undefined, { headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(new Set(answers.map((answer) => (answer.body as Delivery).id)).size).toBe(1);
    expect(answers[0]!.body).toMatchObject({ webhook: id, event_type: 'webhook.test', status: 'pending' });
    const other = await create();
    expect(codeOf(await post(`/v1/webhooks/${other.id}/test`, undefined, { headers }))).toEqual([
      422,
      'idempotency-key-reused',
    ]);
  });

  it('are sent again one by one, or all that ended so', async () => {
    const { id } = await create({ events: ['job.canceled'] });
    await canceled();
    const [delivery] = (await get<Page<Delivery>>(`/v1/deliveries?webhook=${id}`)).data;
    const replay = (body: Record<string, unknown>) => post(`/v1/webhooks/${id}/replay`, body);
    const since = new Date(Date.now() - 3_600_000).toISOString();
    expect((await replay({ since, status: 'all' })).body).toEqual({ scheduled: 0 });
    await become(delivery!, 'exhausted');
    expect((await get<Delivery>(`/v1/deliveries/${delivery!.id}`)).status).toBe('exhausted');
    expect((await replay({ since, status: 'skipped' })).body).toEqual({ scheduled: 0 });
    expect((await replay({ since, until: since })).body).toEqual({ scheduled: 0 });
    const scheduled = await replay({ since });
    expect([scheduled.status, scheduled.body]).toEqual([202, { scheduled: 1 }]);
    await become(delivery!, 'exhausted');
    const again = await post(`/v1/deliveries/${delivery!.id}/retry`);
    expect([again.status, again.body]).toMatchObject([202, { status: 'pending', id: delivery!.id }]);
    await api.call('PATCH', `/v1/webhooks/${id}`, { body: { enabled: false } });
    expect((await get<Delivery>(`/v1/deliveries/${delivery!.id}`)).status).toBe('skipped');
    expect(codeOf(await post(`/v1/deliveries/${delivery!.id}/retry`))).toEqual([409, 'webhook-disabled']);
    expect(codeOf(await replay({ since }))).toEqual([409, 'webhook-disabled']);
    expect(codeOf(await replay({ since: 'yesterday' }))).toEqual([422, 'validation']);
    expect(codeOf(await replay({ since, status: 'delivered' }))).toEqual([422, 'validation']);
  });
});
