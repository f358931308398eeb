import {
  answerInfo,
  HeddleClient,
  NotFoundError,
  PreconditionFailedError,
  ValidationError,
} from '@heddle/client';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, type TestApi } from './api.js';
import { clientOptions } from './wire.js';

let api: TestApi;
let client: HeddleClient;
beforeAll(async () => {
  api = await startApi({ HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
  client = new HeddleClient(clientOptions(api));
});
afterAll(() => api.stop());

const LINE = '{"custom_id":"a","input":"fine"}\n';
const all = async <T>(list: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
};

describe('jobs', () => {
  it('are submitted, got, listed, canceled and purged', async () => {
    const job = await client.jobs.create({
      model: 'm',
      task: 'text-classification',
      inputs: ['x', { id: 'b', text: 'y', text_pair: 'z' }],
      parameters: { top_k: 1 },
      metadata: { order: '17' },
    });
    expect(job).toMatchObject({ object: 'job', status: 'queued', inputs: ['x', { id: 'b' }] });
    expect(await client.jobs.get(job.id)).toEqual(job);
    expect(Object.keys(await client.jobs.get(job.id, { include: 'none' }))).not.toContain('inputs');
    const filter = { status: ['queued', 'running'], metadata: { order: '17' }, include: 'input' } as const;
    const found = await client.jobs.list({ ...filter, status: [...filter.status] }).page();
    expect(found.data.map(({ id, inputs }) => ({ id, inputs }))).toEqual([
      { id: job.id, inputs: job.inputs },
    ]);
    expect((await client.jobs.list({ metadata: { order: '18' } }).page()).data).toEqual([]);
    expect(await client.jobs.cancel(job.id)).toMatchObject({ id: job.id, status: 'canceled' });
    expect(await client.jobs.purge(job.id)).toMatchObject({ data_removed: true, inputs: null });
  });

  it('are waited for, also while the answer is held', async () => {
    const { id } = await client.jobs.create({ model: 'm', inputs: ['x'] });
    const waiting = client.jobs.wait(id, { include: 'output' });
    await finishJob(api, id, await claimJob(api, id));
    const job = await waiting;
    expect(job).toMatchObject({ id, status: 'succeeded', results: [{ index: 0 }] });
    expect(Object.keys(job)).not.toContain('inputs');
    expect(await client.jobs.wait(id, { timeoutMs: 1 })).toMatchObject({ status: 'succeeded' });
  });

  it('come page after page, none twice', async () => {
    const metadata = { list: 'pages' };
    const made: string[] = [];
    for (let i = 0; i < 5; i++)
      made.unshift((await client.jobs.create({ model: 'm', inputs: ['x'], metadata })).id);
    const list = client.jobs.list({ metadata, limit: 2 });
    expect((await all(list)).map(({ id }) => id)).toEqual(made);
    const pages = await all(list.pages());
    expect(pages.map(({ data }) => data.length)).toEqual([2, 2, 1]);
    expect(await list.page(pages[0]!.next_cursor!)).toEqual(pages[1]);
    // Nothing more is asked for than is taken.
    for await (const { id } of list) {
      expect(id).toBe(made[0]);
      break;
    }
  });
});

describe('batches', () => {
  it('are made, got, listed, followed and canceled', async () => {
    const file = await client.files.upload(LINE, { purpose: 'batch' });
    const batch = await client.batches.create({ file: file.id, model: 'm', parameters: { top_k: 1 } });
    expect(batch).toMatchObject({ object: 'batch', status: 'validating', file: file.id });
    expect((await client.batches.list({ status: ['validating'] }).page()).data).toEqual([batch]);
    expect(await client.batches.cancel(batch.id)).toMatchObject({ status: 'canceling' });
    expect(await client.batches.get(batch.id, { waitS: 1 })).toMatchObject({ id: batch.id });
    await expect(client.batches.wait(batch.id, { timeoutMs: 10 })).rejects.toMatchObject({
      name: 'WaitTimeoutError',
      last: { id: batch.id, status: 'canceling' },
    });
    for await (const event of client.batches.stream(batch.id)) {
      expect(event).toMatchObject({ id: 1, event: 'status', data: { status: 'validating' } });
      break;
    }
  });
});

describe('models, versions and aliases', () => {
  it('are made, changed and deleted', async () => {
    const model = await client.models.create({ name: 'mine', description: 'first' });
    expect(await client.models.get('mine')).toEqual(model);
    expect(await client.models.update('mine', { description: 'second' })).toMatchObject({
      description: 'second',
    });
    expect((await all(client.models.list({ limit: 1 }))).map(({ name }) => name)).toEqual([
      'mine',
      'ner',
      'm',
    ]);
    const file = await client.files.upload('{}', { purpose: 'model', filename: 'config.json' });
    const version = await client.versions.import('mine', {
      source: { type: 'files', files: [file.id] },
      notes: 'a try',
    });
    expect(version).toMatchObject({ model: 'mine', number: 1, status: 'importing' });
    expect(await client.versions.get('mine', 1)).toMatchObject({ id: version.id });
    expect((await client.versions.list('mine').page()).data).toHaveLength(1);
    await expect(client.versions.wait('mine', 1, { timeoutMs: 10 })).rejects.toMatchObject({
      last: { id: version.id },
    });
    expect(await client.versions.update('mine', 1, { notes: 'none' })).toMatchObject({ notes: 'none' });
    expect(await client.versions.delete('mine', version.id)).toBeUndefined();
    expect(await client.models.delete('mine')).toBeUndefined();
  });

  it('are moved only from where the caller saw them', async () => {
    for (const sha256 of ['a'.repeat(64), 'b'.repeat(64)]) {
      const manifest = testManifest({ source: { sha256, compiler: 'test' } });
      await api.store.models.addVersion({ tenantId: api.tenantId, name: 'moved', description: '', manifest });
    }
    const set = await client.aliases.set('moved', 'staging', { version: 1 });
    const { etag } = answerInfo(set)!;
    expect(answerInfo(await client.aliases.get('moved', 'staging'))!.etag).toBe(etag);
    const moved = await client.aliases.set('moved', 'staging', { version: 2 }, { ifMatch: etag! });
    expect(moved).toMatchObject({ name: 'staging', version_number: 2 });
    const late = client.aliases.set('moved', 'staging', { version: 1 }, { ifMatch: etag! });
    await expect(late).rejects.toThrow(PreconditionFailedError);
    await expect(client.aliases.delete('moved', 'staging', { ifMatch: etag! })).rejects.toMatchObject({
      status: 412,
      code: 'precondition-failed',
    });
    const names = (await all(client.aliases.list('moved'))).map(({ name }) => name);
    expect(names).toContain('staging');
    expect((await client.aliases.get('moved', 'staging')).history).toHaveLength(4);
    expect(await client.aliases.delete('moved', 'staging')).toBeUndefined();
  });
});

describe('evaluations', () => {
  it('are made, got, listed and canceled', async () => {
    const dataset = await client.files.upload('{"input":"a","expected":"LABEL_0"}\n', {
      purpose: 'dataset',
      filename: 'd.jsonl',
    });
    const evaluation = await client.evaluations.create({ model: 'm', dataset: dataset.id });
    expect(evaluation).toMatchObject({ object: 'evaluation', dataset: dataset.id });
    expect(await client.evaluations.get(evaluation.id)).toMatchObject({ id: evaluation.id });
    const listed = await client.evaluations.list({ model: 'm', dataset: dataset.id }).page();
    expect(listed.data.map(({ id }) => id)).toEqual([evaluation.id]);
    expect(await all(client.evaluations.items(evaluation.id, { correct: 'false' }))).toEqual([]);
    expect(await client.evaluations.cancel(evaluation.id)).toMatchObject({ id: evaluation.id });
    expect(await client.evaluations.wait(evaluation.id, { timeoutMs: 60_000 })).toMatchObject({
      status: 'canceled',
    });
    const events: string[] = [];
    for await (const { event } of client.evaluations.stream(evaluation.id)) events.push(event);
    expect(events.at(-1)).toBe('done');
  });
});

describe('webhooks and deliveries', () => {
  it('are made, changed, rotated, tested and replayed', async () => {
    const url = 'http://127.0.0.1:9000/hooks';
    const { secret, ...webhook } = await client.webhooks.create({ url, events: ['job.*'] });
    expect(secret).toMatch(/^whsec_/);
    expect(await client.webhooks.get(webhook.id)).toEqual(webhook);
    expect((await all(client.webhooks.list())).map(({ id }) => id)).toEqual([webhook.id]);
    expect(await client.webhooks.update(webhook.id, { description: 'd' })).toMatchObject({
      description: 'd',
    });
    const rotated = await client.webhooks.rotateSecret(webhook.id, { grace_s: 60 });
    expect(rotated.secret).not.toBe(secret);
    expect((await client.webhooks.rotateSecret('default')).secret).toBe(
      (await client.webhooks.defaultSecret()).secret,
    );
    const delivery = await client.webhooks.test(webhook.id);
    expect(delivery).toMatchObject({ webhook: webhook.id, event_type: 'webhook.test', status: 'pending' });
    expect(await client.deliveries.get(delivery.id)).toMatchObject({ id: delivery.id });
    const filter = { webhook: webhook.id, event_type: 'webhook.test' } as const;
    expect(await all(client.deliveries.list(filter))).toHaveLength(1);
    expect(await client.deliveries.retry(delivery.id)).toMatchObject({ id: delivery.id });
    const since = new Date(Date.now() - 60_000).toISOString();
    expect(await client.webhooks.replay(webhook.id, { since, status: 'exhausted' })).toEqual({
      scheduled: 0,
    });
    expect(await client.webhooks.delete(webhook.id)).toBeUndefined();
  });
});

describe('the account, and what operators see', () => {
  it('answers to whom it may', async () => {
    expect(await client.me()).toMatchObject({ tenant: { slug: 'acme' } });
    expect(await client.limits()).toMatchObject({ max_inputs_per_job: 1000 });
    expect(await client.stats({ range: '6h', tenants: 'all' })).toMatchObject({
      range: '6h',
      tenants: 'all',
      step_s: 300,
    });
    expect(await client.stats()).toMatchObject({ range: '1h', tenants: 'own' });
    const key = await client.keys.create({ name: 'ci', scopes: ['infer'] });
    const own = new HeddleClient({ baseUrl: `${api.url}/`, apiKey: key.secret! });
    expect((await own.me()).key).toMatchObject({ id: key.id, scopes: ['infer'] });
    await expect(own.keys.list().page()).rejects.toMatchObject({
      name: 'ForbiddenError',
      code: 'forbidden',
      problem: { required_scope: 'manage' },
    });
    expect((await all(client.keys.list())).map(({ id }) => id)).toContain(key.id);
    expect(await client.keys.delete(key.id)).toBeUndefined();
    const tenant = await client.tenants.create({ slug: 'new-one', name: 'New' });
    expect(tenant.key?.secret).toMatch(/^hdl_/);
    expect(await client.tenants.update('new-one', { suspended: true })).toMatchObject({ suspended: true });
    expect((await all(client.tenants.list({ limit: 1 }))).map(({ slug }) => slug)).toContain('new-one');
    const actions = (await all(client.audit.list())).map(({ action }) => action);
    expect(actions.length).toBeGreaterThanOrEqual(3);
  });

  it('pauses queues, and knows workers and pools', async () => {
    expect(await all(client.workers.list())).toEqual([]);
    await expect(client.workers.get('wrk_00000000000000000000000000')).rejects.toThrow(NotFoundError);
    await expect(client.workers.drain('wrk_00000000000000000000000000')).rejects.toThrow(NotFoundError);
    expect((await all(client.pools.list())).map(({ name }) => name)).toEqual(['default']);
    expect(await client.pools.get('default')).toMatchObject({ workers: 0, desired_workers: 1 });
    const [queue] = await all(client.queues.list());
    expect(await client.queues.pause(queue!.id)).toMatchObject({ paused: true });
    expect(await client.queues.resume(queue!.id)).toMatchObject({ paused: false });
  });
});

describe('answers', () => {
  it('say under which id the server knows the request', async () => {
    const headers = { 'x-request-id': 'mine-1' };
    const job = await client.jobs.create({ model: 'm', inputs: ['x'] }, { headers });
    expect(answerInfo(job)).toMatchObject({ status: 202, requestId: 'mine-1', replayed: false });
    expect(answerInfo(await client.jobs.list().page())!.requestId).toMatch(/^req_/);
    expect(answerInfo({ ...job })).toBeUndefined();
  });

  it('that refuse are errors by their status, with the problem document', async () => {
    const wrong = client.jobs.create(
      { model: 'm', inputs: ['x'], deadline_s: 0 },
      { headers: { 'x-request-id': 'mine-2' } },
    );
    const error = await wrong.catch((thrown: unknown) => thrown as ValidationError);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      status: 422,
      code: 'validation',
      requestId: 'mine-2',
      problem: { request_id: 'mine-2', errors: [{ pointer: '/deadline_s' }] },
    });
    expect((error as Error).message).toMatch(/^validation: .* \(request mine-2\)\n {2}\/deadline_s: /);
    const stranger = new HeddleClient({ baseUrl: api.url, apiKey: 'hdl_wrong' });
    await expect(stranger.me()).rejects.toMatchObject({ name: 'UnauthorizedError', status: 401 });
    const nobody = new HeddleClient({ baseUrl: api.url });
    await expect(nobody.me()).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });

  it('are not asked for with what is no id, address or key', async () => {
    for (const id of ['', '.', '..']) expect(() => client.jobs.get(id)).toThrow(TypeError);
    await expect(client.jobs.get('a/../b?c')).rejects.toThrow(NotFoundError);
    expect(() => new HeddleClient({ baseUrl: 'localhost:8080' })).toThrow(TypeError);
    const secret = 'hdl_schlüssel';
    expect(() => new HeddleClient({ baseUrl: api.url, apiKey: secret })).toThrow(/apiKey/);
    expect(() => new HeddleClient({ baseUrl: api.url, apiKey: secret })).not.toThrow(/schl/);
  });
});
