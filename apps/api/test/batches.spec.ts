import {
  type Batch,
  type Delivery,
  fromPublicId,
  type Job,
  newUuid,
  type Page,
  type StoredFile,
  toPublicId,
} from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';
import { openSse } from './sse.js';

/** No dispatcher runs here: batches stay as the api has made them, and the store takes the dispatcher's part. */
let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

async function upload(
  purpose = 'batch',
  content = '{"custom_id":"a","input":"x"}',
  key?: string,
): Promise<string> {
  const form = new FormData();
  form.set('purpose', purpose);
  form.set('file', new Blob([content]), 'lines.jsonl');
  const answer = await api.call('POST', '/v1/files', { form, ...(key ? { key } : {}) });
  expect(answer.status).toBe(201);
  return (answer.body as StoredFile).id;
}
const post = (body: unknown, options: { headers?: Record<string, string>; key?: string | null } = {}) =>
  api.call('POST', '/v1/batches', { body, ...options });
async function create(body: Record<string, unknown> = {}): Promise<Batch> {
  const answer = await post({ file: await upload(), model: 'm', ...body });
  expect(answer.status).toBe(202);
  return answer.body;
}
const get = async (id: string) => (await api.call('GET', `/v1/batches/${id}`)).body as Batch;
/** Works on the batch as a dispatcher would, to its end. */
async function finish(state: 'succeeded' | 'failed'): Promise<void> {
  const { batches } = api.store;
  const fence = (await batches.claim(60_000))!;
  const found = { total: 1, invalid: 0, errors: [], errorCount: 0 };
  if (state === 'failed') return batches.fail(fence, { errors: [], errorCount: 0 }, 1);
  await batches.start(fence, found);
  await batches.beginFinalizing(fence);
  await batches.complete(fence, {
    state: 'succeeded',
    counts: { total: 1, succeeded: 1, failed: 0, canceled: 0, expired: 0 },
    tokens: 3,
    outputFile: null,
    errorFile: null,
    fileS: 86_400,
    rowDays: 1,
  });
}

describe('a new batch', () => {
  it('is accepted with its version pinned, and shown', async () => {
    const file = await upload();
    const answer = await post({
      file,
      model: 'm',
      window_s: 3600,
      metadata: { a: 'b' },
      parameters: { top_k: 1 },
    });
    const batch = answer.body as Batch;
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/batches/${batch.id}`]);
    expect(batch).toMatchObject({
      object: 'batch',
      status: 'validating',
      model: 'm',
      alias: 'production',
      version: toPublicId('version', api.versionId),
      task: 'text-classification',
      file,
      output_file: null,
      priority: 'low',
      invalid_lines: 'reject',
      counts: { total: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0 },
      sequence: 1,
      webhook: null,
      metadata: { a: 'b' },
      parameters: { top_k: 1 },
    });
    expect(Date.parse(batch.deadline) - Date.parse(batch.created_at)).toBe(3_600_000);
    expect(await get(batch.id)).toEqual(batch);
    expect((await api.call('HEAD', `/v1/batches/${batch.id}`)).status).toBe(200);
  });

  it('keeps what its webhook is to be told of', async () => {
    const { id, webhook } = await create({ webhook: { url: 'https:93.184.216.34:443' } });
    expect(webhook).toEqual({
      url: 'https://93.184.216.34/',
      events: ['batch.succeeded', 'batch.failed', 'batch.canceled', 'batch.expired'],
    });
    const other = await create({
      webhook: { url: 'https://93.184.216.34/', events: ['batch.*', 'batch.*'] },
    });
    expect(other.webhook!.events).toEqual(['batch.*']);
    for (const batch of [id, other.id]) await api.call('POST', `/v1/batches/${batch}/cancel`);
    const own = [id, other.id].map((batch) => `'${fromPublicId('batch', batch)}'`);
    await api.database.query(`UPDATE batches SET due_at = '2000-01-01' WHERE id IN (${own})`);
    for (const _ of own) {
      const fence = (await api.store.batches.claim(60_000))!;
      const counts = { total: 1, succeeded: 0, failed: 0, canceled: 1, expired: 0 };
      const files = { outputFile: null, errorFile: null, fileS: 86_400, rowDays: 1 };
      await api.store.batches.complete(fence, { state: 'canceled', counts, tokens: 0, ...files });
    }
    const deliveriesOf = async (query: string) =>
      ((await api.call('GET', `/v1/deliveries?${query}`)).body as Page<Delivery>).data;
    expect(await deliveriesOf(`batch=${id}`)).toMatchObject([
      { event_type: 'batch.canceled', url: 'https://93.184.216.34/', webhook: null, status: 'pending' },
    ]);
    expect(await deliveriesOf(`batch=${id}&event_type=batch.failed`)).toEqual([]);
    expect(await deliveriesOf(`batch=${id}&job=${toPublicId('job', newUuid())}`)).toEqual([]);
    expect(await deliveriesOf('batch=nothing')).toEqual([]);
  });

  it.each<[Record<string, unknown>, number, string, string]>([
    [{ model: 'none' }, 404, 'not-found', '/model'],
    [{ file: toPublicId('file', newUuid()) }, 404, 'not-found', '/file'],
    [{ file: 'nonsense' }, 404, 'not-found', '/file'],
    [{ task: 'embed' }, 422, 'task-not-supported', '/task'],
    [{ parameters: { colour: 1 } }, 422, 'validation', '/parameters/colour'],
    [{ parameters: { top_k: 'x' } }, 422, 'validation', '/parameters/top_k'],
    [{ parameters: { colour: 'x'.repeat(64 * 1024) } }, 422, 'validation', '/parameters'],
    [
      { task: 'zero-shot-classification', parameters: { colour: 1 } },
      422,
      'validation',
      '/parameters/colour',
    ],
    [{ window_s: 59 }, 422, 'validation', '/window_s'],
    [{ window_s: 604_801 }, 422, 'validation', '/window_s'],
    [{ invalid_lines: 'ignore' }, 422, 'validation', '/invalid_lines'],
    [
      { webhook: { url: 'https://x.example', events: ['job.started'] } },
      422,
      'validation',
      '/webhook/events/0',
    ],
    [{ webhook: { url: 'https://10.0.0.1/' } }, 422, 'webhook-url-invalid', '/webhook/url'],
    [{ webhook: { url: 'https://@example.com/' } }, 422, 'webhook-url-invalid', '/webhook/url'],
    [{ colour: 1 }, 422, 'validation', '/colour'],
  ])('is refused: %j → %i %s %s', async (body, status, code, pointer) => {
    const answer = await post({ file: await upload(), model: 'm', ...body });
    const problem = problemIn(answer);
    expect([problem.status, problem.code, problem.errors?.[0]?.pointer]).toEqual([status, code, pointer]);
  });

  it('is refused for a file of another purpose, of another tenant, or that is gone', async () => {
    expect(problemIn(await post({ file: await upload('model'), model: 'm' }))).toMatchObject({
      code: 'validation',
    });
    const foreign = await upload('batch', 'x', api.strangerKey);
    expect(problemIn(await post({ file: foreign, model: 'm' }))).toMatchObject({ status: 404 });
    const gone = await upload();
    await api.call('DELETE', `/v1/files/${gone}`);
    expect(problemIn(await post({ file: gone, model: 'm' }))).toMatchObject({ status: 404 });
  });

  it('may leave to its lines what the task requires', async () => {
    expect(await create({ task: 'zero-shot-classification' })).toMatchObject({
      task: 'zero-shot-classification',
    });
  });

  it('needs the scope infer', async () => {
    const key = await api.keyWith(['read']);
    expect(problemIn(await post({ file: 'x', model: 'm' }, { key }))).toMatchObject({ status: 403 });
  });

  it('is made once under one idempotency key, however many ask at a time', async () => {
    const file = await upload();
    const headers = { 'idempotency-key': newUuid() };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => post({ file, model: 'm' }, { headers })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => (body as Batch).id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed'))).toHaveLength(15);
    const other = await post({ file, model: 'm', window_s: 60 }, { headers });
    expect(problemIn(other)).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is not accepted where too many of the tenant have not ended', async () => {
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    const file = await upload();
    for (let i = 0; i < 99; i++) expect((await post({ file, model: 'm' })).status).toBe(202);
    const answers = await Promise.all(Array.from({ length: 4 }, () => post({ file, model: 'm' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(problemIn(refused)).toMatchObject({ code: 'quota-exceeded' });
    expect(refused.headers.get('retry-after')).toBe('60');
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    expect((await post({ file, model: 'm' })).status).toBe(202);
  });

  it('is not accepted for an archived version', async () => {
    const { id } = await api.store.models.addVersion({
      tenantId: api.tenantId,
      name: 'old',
      description: '',
      manifest: (await api.store.models.resolve(api.tenantId, 'm')).manifest,
    });
    const file = await upload();
    const batch = (await post({ file, model: toPublicId('version', id) })).body as Batch;
    await api.call('PATCH', '/v1/models/old/versions/1', { body: { archived: true } });
    expect(problemIn(await post({ file, model: 'old@1' }))).toMatchObject({ code: 'version-archived' });
    // The version is needed for as long as the batch is.
    expect((await api.store.models.listServable()).some((version) => version.id === id)).toBe(true);
    const deletion = () => api.call('DELETE', '/v1/models/old/versions/1');
    await api.database.query(`DELETE FROM aliases WHERE version_id = '${id}'`);
    expect(problemIn(await deletion())).toMatchObject({ code: 'in-use' });
    await api.call('POST', `/v1/batches/${batch.id}/cancel`);
    expect(problemIn(await deletion())).toMatchObject({ code: 'in-use' });
    await api.database.query(
      `UPDATE batches SET completed_at = now(), state = 'canceled' WHERE version_id = '${id}'`,
    );
    expect((await deletion()).status).toBe(204);
  });
});

describe('batches', () => {
  it('are listed newest first, by state, page by page', async () => {
    const first = await create();
    const second = await create();
    await api.call('POST', `/v1/batches/${first.id}/cancel`);
    const ids = async (query: string) =>
      ((await api.call('GET', `/v1/batches?${query}`)).body as Page<Batch>).data.map(({ id }) => id);
    expect((await ids('')).slice(0, 2)).toEqual([second.id, first.id]);
    expect(await ids('status=canceling&limit=1')).toEqual([first.id]);
    expect((await ids('status=canceling&status=validating&limit=2')).sort()).toEqual(
      [first.id, second.id].sort(),
    );
    expect(await ids('status=expired')).toEqual([]);
    const page = (await api.call('GET', '/v1/batches?limit=1')).body as Page<Batch>;
    expect((await ids(`limit=1&cursor=${page.next_cursor}`))[0]).toBe(first.id);
    expect(
      problemIn(await api.call('GET', `/v1/batches?status=running&cursor=${page.next_cursor}`)),
    ).toMatchObject({
      code: 'invalid-cursor',
    });
    expect(problemIn(await api.call('GET', '/v1/batches?status=done'))).toMatchObject({
      code: 'invalid-query',
    });
  });

  it('of another tenant do not exist', async () => {
    const { id, file } = await create();
    const unknown = toPublicId('batch', newUuid());
    const shown = (text: string) => text.replaceAll(/bat_\w+|req_\w+/g, '…');
    const calls: [string, string, Record<string, string>?][] = [
      ['GET', ''],
      ['POST', '/cancel'],
      ['GET', '/events', { accept: 'text/event-stream' }],
    ];
    for (const [method, path, headers = {}] of calls) {
      const options = { key: api.strangerKey, headers };
      const foreign = await api.call(method, `/v1/batches/${id}${path}`, options);
      const missing = await api.call(method, `/v1/batches/${unknown}${path}`, options);
      expect([foreign.status, shown(foreign.text)]).toEqual([404, shown(missing.text)]);
    }
    const list = (await api.call('GET', '/v1/batches', { key: api.strangerKey })).body as Page<Batch>;
    expect(list.data).toEqual([]);
    const body = { file, model: 'm' };
    expect((await post(body, { key: api.strangerKey })).status).toBe(404);
    const jobs = (await api.call('GET', `/v1/jobs?batch=${id}`, { key: api.strangerKey })).body as Page<Job>;
    expect(jobs.data).toEqual([]);
    expect((await get(id)).status).toBe('validating');
  });

  it('are canceled as often as one likes', async () => {
    const { id } = await create();
    const cancel = () => api.call('POST', `/v1/batches/${id}/cancel`);
    const first = (await cancel()).body as Batch;
    expect([first.status, first.sequence]).toEqual(['canceling', 2]);
    expect((await cancel()).body).toEqual(first);
    expect((await api.call('POST', `/v1/batches/${id}/cancel`, { body: {} })).body).toEqual(first);
    expect(problemIn(await api.call('POST', `/v1/batches/${id}/cancel`, { body: { a: 1 } }))).toMatchObject({
      status: 422,
    });
  });

  it('keep their file while they need it', async () => {
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    const { id, file } = await create();
    expect(problemIn(await api.call('DELETE', `/v1/files/${file}`))).toMatchObject({
      status: 409,
      code: 'in-use',
    });
    await api.database.query(`UPDATE files SET expires_at = now() - interval '1 s' WHERE purpose = 'batch'`);
    await api.store.files.sweep();
    const { rows } = {
      rows: await api.database.query(
        `SELECT 1 FROM files WHERE sha256 = (SELECT sha256 FROM batches LIMIT 1)`,
      ),
    };
    expect(rows.length).toBeGreaterThan(0);
    await finish('failed');
    expect((await get(id)).status).toBe('failed');
    await api.store.files.sweep();
    expect((await api.call('GET', `/v1/files/${file}`)).status).toBe(404);
    expect((await get(id)).file).toBe(file);
  });
});

describe('waiting and events', () => {
  it('hold until the batch has ended', async () => {
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    const { id } = await create();
    const short = await api.call('GET', `/v1/batches/${id}`, { headers: { prefer: 'wait=1' } });
    expect([(short.body as Batch).status, short.headers.get('preference-applied')]).toEqual([
      'validating',
      'wait=1',
    ]);
    const waiting = api.call('GET', `/v1/batches/${id}`, { headers: { prefer: 'wait=30' } });
    await finish('succeeded');
    expect((await waiting).body).toMatchObject({ status: 'succeeded', counts: { total: 1, succeeded: 1 } });
  });

  it('tell every change once, the same on every connection, and end', async () => {
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    const { id } = await create();
    const open = (last?: string) =>
      openSse(`${api.url}/v1/batches/${id}/events`, {
        authorization: `Bearer ${api.key}`,
        ...(last === undefined ? {} : { 'last-event-id': last }),
      });
    const live = await open();
    expect(await live.next()).toMatchObject({
      id: '1',
      event: 'status',
      data: { status: 'validating', sequence: 1 },
    });
    await finish('succeeded');
    const rest = await live.rest();
    expect(rest.map(({ id: number, event }) => [number, event])).toEqual([
      ['2', 'status'],
      ['3', 'status'],
      ['4', 'status'],
      ['5', 'done'],
    ]);
    expect(rest.at(-1)!.data).toEqual(await get(id));
    const all = await (await open()).rest();
    expect(all.slice(1)).toEqual(rest);
    expect(await (await open('3')).rest()).toEqual(rest.slice(2));
    expect((await open('5')).status).toBe(204);
    expect((await (await open('garbage')).rest()).length).toBe(5);
    const refused = await api.call('GET', `/v1/batches/${id}/events`, { headers: { accept: 'text/html' } });
    expect(refused.status).toBe(406);
  });

  it('tell of progress for an hour after the end', async () => {
    await api.database.query(`UPDATE batches SET completed_at = now() WHERE completed_at IS NULL`);
    const { id } = await create();
    await finish('succeeded');
    const uuid = (
      await api.database.query<{ id: string }>('SELECT id FROM batches ORDER BY id DESC LIMIT 1')
    )[0]!.id;
    await api.database.query(
      `UPDATE batches SET history = jsonb_insert(history, '{2}', '1'), sequence = sequence + 1 WHERE id = '${uuid}'`,
    );
    const events = async () => {
      const stream = await openSse(`${api.url}/v1/batches/${id}/events`, {
        authorization: `Bearer ${api.key}`,
      });
      return (await stream.rest()).map(({ id: number, event }) => `${number} ${event}`);
    };
    expect(await events()).toEqual(['1 status', '2 status', '3 progress', '4 status', '5 status', '6 done']);
    await api.database.query(
      `UPDATE batches SET completed_at = now() - interval '61 min' WHERE id = '${uuid}'`,
    );
    expect(await events()).toEqual(['1 status', '2 status', '4 status', '5 status', '6 done']);
  });
});

it('files that batches make are shown, and cannot be uploaded', async () => {
  const { store, tenantId } = api;
  const file = {
    tenantId,
    filename: 'x',
    bytes: 1,
    sha256: 'a'.repeat(64),
    expiresInS: null,
    idempotency: null,
  };
  const { id } = await store.files.reserve({ ...file, purpose: 'batch_output' });
  await store.files.markStored(tenantId, id);
  const list = (await api.call('GET', '/v1/files?purpose=batch_output')).body as Page<StoredFile>;
  expect(list.data.map((one) => one.id)).toContain(toPublicId('file', id));
  const form = new FormData();
  form.set('purpose', 'batch_output');
  form.set('file', new Blob(['x']), 'x');
  expect(problemIn(await api.call('POST', '/v1/files', { form }))).toMatchObject({ code: 'validation' });
  expect((await api.call('GET', '/v1/limits')).body).toMatchObject({
    max_batch_lines: 50_000,
    max_line_bytes: 1048576,
  });
});
