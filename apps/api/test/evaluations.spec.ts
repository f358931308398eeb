import {
  type Evaluation,
  type EvaluationItem,
  type EvaluationResult,
  fromPublicId,
  newUuid,
  type Page,
  type StoredFile,
  toPublicId,
} from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';
import { openSse } from './sse.js';

/** No dispatcher runs here: evaluations stay as the api has made them, and the store takes the dispatcher's part. */
let api: TestApi;
/** Another version with the labels of `m`, by its public id. */
let other: string;
const addVersion = (name: string) =>
  api.store.models.addVersion({
    tenantId: api.tenantId,
    name,
    description: '',
    manifest: testManifest({
      source: { sha256: newUuid().replaceAll('-', '').padEnd(64, '0'), compiler: 'x' },
    }),
  });
beforeAll(async () => {
  api = await startApi();
  other = toPublicId('version', (await addVersion('other')).id);
});
afterAll(() => api.stop());

async function upload(purpose = 'dataset', key?: string): Promise<string> {
  const form = new FormData();
  form.set('purpose', purpose);
  form.set('file', new Blob(['{"input":"x","expected":"positive"}']), 'd.jsonl');
  const answer = await api.call('POST', '/v1/files', { form, ...(key ? { key } : {}) });
  expect(answer.status).toBe(201);
  return (answer.body as StoredFile).id;
}
const post = (body: unknown, options: { headers?: Record<string, string>; key?: string } = {}) =>
  api.call('POST', '/v1/evaluations', { body, ...options });
async function create(body: Record<string, unknown> = {}): Promise<Evaluation> {
  const answer = await post({ dataset: await upload(), model: 'm', ...body });
  expect(answer.status, answer.text).toBe(202);
  return answer.body;
}
const get = async (id: string) => (await api.call('GET', `/v1/evaluations/${id}`)).body as Evaluation;
const endAll = () =>
  api.database.query(
    `UPDATE evaluations SET completed_at = now(), state = 'canceled' WHERE completed_at IS NULL`,
  );

const speed = { tokens: 3, padded_share: null, seconds: 1, tokens_per_s: 3, inference_ms: 1 };
const resultOf = (evaluation: Evaluation, metrics: Record<string, number>): EvaluationResult => ({
  items: 3,
  failed: 0,
  coverage: 1,
  min_coverage: 0.99,
  skipped: 0,
  invalid: 0,
  metrics,
  undefined_metrics: {},
  confidence: {},
  bootstrap: { seed: 0, resamples: 0 },
  baseline_metrics: null,
  baseline_undefined_metrics: null,
  compared_items: null,
  difference: null,
  difference_confidence: null,
  gates: [],
  passed: true,
  confusion: null,
  reliability: null,
  per_label: null,
  thresholds: null,
  slices: {},
  omitted_slices: [],
  worst: [],
  speed,
  baseline_speed: null,
  dataset_sha256: evaluation.dataset_sha256,
  version: evaluation.version,
  baseline: null,
});
/** Works on an evaluation as a dispatcher would, to its end; `own` is what differs of its result. */
async function finish(
  evaluation: Evaluation,
  metrics: Record<string, number> = { accuracy: 1 },
  own: Partial<EvaluationResult> = {},
): Promise<void> {
  const { evaluations } = api.store;
  await api.database.query(
    `UPDATE evaluations SET due_at = now() + interval '1 h' WHERE id <> '${fromPublicId('evaluation', evaluation.id)}'`,
  );
  const claimed = (await evaluations.claim(60_000))!;
  const found = {
    ...{ format: 'jsonl', items: 3, invalid: 0, skipped: 0, errors: [], errorCount: 0 },
    parameters: claimed.parameters,
  };
  await evaluations.start(claimed, found);
  const running = { ...claimed, ...found, state: 'running' as const };
  const items = [0, 1, 2].map((place) => ({
    place,
    line: place + 1,
    expected: 'positive',
    group: null,
    slice: place === 0 ? { kind: 'first' } : null,
  }));
  await evaluations.addExamples(running, {
    items,
    jobs: [{ places: [0, 1, 2], inputs: '["a","b","c"]', cost: 3 }],
    fed: 3,
  });
  const [job] = await api.database.query<{ job_id: string }>(
    `SELECT job_id FROM evaluation_jobs WHERE evaluation_id = '${running.id}'`,
  );
  await api.database.query(
    `UPDATE jobs SET state = 'failed', completed_at = now() WHERE id = '${job!.job_id}'`,
  );
  const answered = items.map(({ place }) => ({
    place,
    output: place === 2 ? null : JSON.stringify({ labels: [{ label: 'positive', score: 1 }] }),
    error: place === 2 ? '{"code":"input-too-long","message":"too long","max":512}' : null,
    correct: place === 2 ? null : place === 0,
    loss: place === 2 ? null : place,
  }));
  const kept = await evaluations.keepAnswers(running, { id: job!.job_id, ofBaseline: false }, answered);
  expect(kept).toBe(answered.reduce((sum, { output }) => sum + (output?.length ?? 0), 0));
  // Once more counts nothing twice.
  const again = await evaluations.keepAnswers(running, { id: job!.job_id, ofBaseline: false }, answered);
  expect(again).toBeNull();
  // Told once, however often.
  for (let i = 0; i < 2; i++) await evaluations.tellProgress(running, { least: 100, all: 3 });
  const result = { ...resultOf(evaluation, metrics), ...own };
  await evaluations.end(running, { state: 'succeeded', result }, 30);
}

describe('a new evaluation', () => {
  it('is accepted with its version pinned, and shown', async () => {
    const dataset = await upload();
    const answer = await post({
      dataset,
      model: 'm',
      baseline: other,
      gates: [{ metric: 'accuracy', max_drop: 0.01 }],
      seed: 7,
      metadata: { a: 'b' },
    });
    const evaluation = answer.body as Evaluation;
    expect([answer.status, answer.headers.get('location')]).toEqual([
      202,
      `/v1/evaluations/${evaluation.id}`,
    ]);
    expect(evaluation).toMatchObject({
      object: 'evaluation',
      status: 'queued',
      model: 'm',
      alias: 'production',
      version: toPublicId('version', api.versionId),
      baseline: { model: 'other', version: other, version_number: 1 },
      task: 'text-classification',
      dataset,
      format: null,
      metrics: ['accuracy', 'macro_f1', 'mcc', 'log_loss', 'ece'],
      seed: 7,
      resamples: 1000,
      priority: 'low',
      counts: { total: 0, succeeded: 0, failed: 0 },
      result: null,
      sequence: 1,
      metadata: { a: 'b' },
    });
    expect(await get(evaluation.id)).toEqual(evaluation);
  });

  it('has parameters that leave something to measure', async () => {
    const ner = await create({ model: 'ner' });
    expect(ner.parameters).toMatchObject({ offsets: 'codepoint', ignore_labels: ['O'] });
    // The data set says what a word is, unless the request does.
    expect(ner.parameters).not.toHaveProperty('words');
    const asked = await create({ model: 'ner', parameters: { words: 'pipeline' } });
    expect(asked.parameters).toMatchObject({ words: 'pipeline' });
    expect(ner.metrics).toEqual(['seq_f1', 'seq_precision', 'seq_recall']);
    const qa = await api.store.models.addVersion({
      tenantId: api.tenantId,
      name: 'qa',
      description: '',
      manifest: testManifest({ head: 'question-answering', tasks: ['question-answering'] }),
    });
    const model = toPublicId('version', qa.id);
    expect((await create({ model })).parameters).toMatchObject({ handle_impossible_answer: true });
    expect((await create({ model, parameters: { top_k: 100 } })).parameters).toMatchObject({ top_k: 100 });
    const many = problemIn(await post({ dataset: await upload(), model, parameters: { top_k: 101 } }));
    expect(many.errors).toEqual([
      { pointer: '/parameters/top_k', code: 'value', message: expect.stringContaining('at most 100') },
    ]);
    expect((await create({ model, squad: 1 })).parameters).toMatchObject({ handle_impossible_answer: false });
  });

  it.each<[Record<string, unknown>, number, string, string]>([
    [{ model: 'nope' }, 404, 'not-found', '/model'],
    [{ baseline: 'nope' }, 404, 'not-found', '/baseline'],
    [{ baseline: 'ner' }, 422, 'validation', '/baseline'],
    [{ baseline: 'm' }, 422, 'validation', '/baseline'],
    [{ baseline: 'm@1', gates: [{ metric: 'accuracy', max_drop: 0 }] }, 422, 'validation', '/baseline'],
    [{ dataset: 'file_x' }, 404, 'not-found', '/dataset'],
    [{ task: 'token-classification' }, 422, 'task-not-supported', '/task'],
    [{ metrics: ['f2'] }, 422, 'validation', '/metrics'],
    [{ metrics: [] }, 422, 'validation', '/metrics'],
    [{ metrics: ['f1'] }, 422, 'validation', '/metrics'],
    [{ metrics: ['f1'], positive_label: 'great' }, 422, 'validation', '/positive_label'],
    [{ gates: [{ metric: 'pearson', min: 0 }] }, 422, 'validation', '/gates'],
    [{ gates: [{ metric: 'accuracy', max_drop: 0 }] }, 422, 'validation', '/gates'],
    [{ parameters: { top_k: 1 } }, 422, 'validation', '/parameters/top_k'],
    [{ parameters: { function_to_apply: 'none' } }, 422, 'validation', '/parameters/function_to_apply'],
    [{ model: 'ner', parameters: { offsets: 'utf16' } }, 422, 'validation', '/parameters/offsets'],
    [
      { model: 'ner', parameters: { aggregation_strategy: 'none' } },
      422,
      'validation',
      '/parameters/aggregation_strategy',
    ],
    [{ parameters: { colour: 1 } }, 422, 'validation', '/parameters/colour'],
    [{ task: 'zero-shot-classification' }, 422, 'validation', '/parameters/candidate_labels'],
    [{ format: 'excel' }, 422, 'validation', '/format'],
    [{ format: 'beir' }, 422, 'validation', '/format'],
    [{ mapping: { input: { text: 'a' } } }, 422, 'validation', '/mapping/expected'],
    [{ seed: -1 }, 422, 'validation', '/seed'],
    [{ window_s: 1 }, 422, 'validation', '/window_s'],
    [{ colour: 1 }, 422, 'validation', '/colour'],
  ])('is refused: %j → %i %s %s', async (body, status, code, pointer) => {
    const answer = await post({ dataset: await upload(), model: 'm', ...body });
    const problem = problemIn(answer);
    expect([problem.status, problem.code, problem.errors?.[0]?.pointer]).toEqual([status, code, pointer]);
  });

  it('is refused for a file of another purpose or tenant, and without the scope', async () => {
    expect(problemIn(await post({ dataset: await upload('batch'), model: 'm' }))).toMatchObject({
      code: 'validation',
    });
    const foreign = await upload('dataset', api.strangerKey);
    expect(problemIn(await post({ dataset: foreign, model: 'm' }))).toMatchObject({ status: 404 });
    const key = await api.keyWith(['infer', 'read']);
    expect(problemIn(await post({ dataset: foreign, model: 'm' }, { key }))).toMatchObject({ status: 403 });
    const infer = await api.keyWith(['infer']);
    expect(problemIn(await api.call('GET', '/v1/evaluations', { key: infer }))).toMatchObject({
      status: 403,
    });
  });

  it('is made once under one idempotency key, however many ask at a time', async () => {
    const dataset = await upload();
    const headers = { 'idempotency-key': newUuid() };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => post({ dataset, model: 'm' }, { headers })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => (body as Evaluation).id)).size).toBe(1);
    const other = await post({ dataset, model: 'm', seed: 1 }, { headers });
    expect(problemIn(other)).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is not accepted where too many of the tenant have not ended', async () => {
    await endAll();
    const dataset = await upload();
    for (let i = 0; i < 100; i++) expect((await post({ dataset, model: 'm' })).status).toBe(202);
    const refused = await post({ dataset, model: 'm' });
    expect(problemIn(refused)).toMatchObject({ status: 429, code: 'quota-exceeded' });
    await endAll();
  });

  it('is not accepted where the answers that are kept of the tenant are too large', async () => {
    const dataset = await upload();
    const { id } = await create();
    const uuid = fromPublicId('evaluation', id);
    const keep = (bytes: number) =>
      api.database.query(
        `UPDATE evaluations SET completed_at = now(), state = 'canceled', expires_at = now(), output_bytes = ${bytes} WHERE id = '${uuid}'`,
      );
    await keep(100 * 1024 ** 3);
    expect(problemIn(await post({ dataset, model: 'm' }))).toMatchObject({
      status: 429,
      code: 'quota-exceeded',
    });
    await keep(100 * 1024 ** 3 - 1);
    expect((await post({ dataset, model: 'm' })).status).toBe(202);
    await keep(100 * 1024 ** 3);
    // They have gone.
    while ((await api.store.evaluations.removeOldItems()) > 0);
    expect((await post({ dataset, model: 'm' })).status).toBe(202);
    await endAll();
  });
});

describe('evaluations', () => {
  it('are listed newest first, by what they are of', async () => {
    const first = await create();
    const second = await create({ model: 'ner' });
    const ids = async (query: string) =>
      ((await api.call('GET', `/v1/evaluations?${query}`)).body as Page<Evaluation>).data.map(({ id }) => id);
    expect((await ids('')).slice(0, 2)).toEqual([second.id, first.id]);
    expect((await ids('model=m&limit=1'))[0]).toBe(first.id);
    expect((await ids(`version=${second.version}`))[0]).toBe(second.id);
    expect(await ids(`dataset=${first.dataset}`)).toEqual([first.id]);
    expect(await ids('dataset=file_x')).toEqual([]);
    expect(await ids(`status=running&dataset=${first.dataset}`)).toEqual([]);
    const page = (await api.call('GET', '/v1/evaluations?limit=1')).body as Page<Evaluation>;
    expect((await ids(`limit=1&cursor=${page.next_cursor}`))[0]).toBe(first.id);
    const wrong = await api.call('GET', '/v1/evaluations?status=done');
    expect(problemIn(wrong)).toMatchObject({ code: 'invalid-query' });
  });

  it('of another tenant do not exist', async () => {
    const { id } = await create();
    const unknown = toPublicId('evaluation', newUuid());
    const shown = (text: string) => text.replaceAll(/evl_\w+|req_\w+/g, '…');
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
      ['GET', '/items'],
      ['GET', '/events'],
    ]) {
      const options = { key: api.strangerKey, headers: { accept: 'text/event-stream, application/json' } };
      const foreign = await api.call(method!, `/v1/evaluations/${id}${path}`, options);
      const missing = await api.call(method!, `/v1/evaluations/${unknown}${path}`, options);
      expect([foreign.status, shown(foreign.text)]).toEqual([404, shown(missing.text)]);
    }
    const list = (await api.call('GET', '/v1/evaluations', { key: api.strangerKey }))
      .body as Page<Evaluation>;
    expect(list.data).toEqual([]);
  });

  it('are canceled as often as one likes, and let go of file and version then', async () => {
    const { id, dataset } = await create();
    expect(problemIn(await api.call('DELETE', `/v1/files/${dataset}`))).toMatchObject({ code: 'in-use' });
    const cancel = (body?: object) =>
      api.call('POST', `/v1/evaluations/${id}/cancel`, body === undefined ? {} : { body });
    const first = (await cancel()).body as Evaluation;
    expect([first.status, first.sequence]).toEqual(['canceled', 2]);
    expect((await cancel({})).body).toEqual(first);
    expect(problemIn(await cancel({ a: 1 }))).toMatchObject({ status: 422 });
    expect((await api.call('DELETE', `/v1/files/${dataset}`)).status).toBe(204);
    expect((await get(id)).dataset).toBe(dataset);
  });

  it('are waited for, and show their items page by page', async () => {
    await endAll();
    const evaluation = await create();
    const waiting = api.call('GET', `/v1/evaluations/${evaluation.id}`, { headers: { prefer: 'wait=30' } });
    await finish(evaluation);
    const answer = await waiting;
    expect(answer.headers.get('preference-applied')).toBe('wait=30');
    expect(answer.body).toMatchObject({
      status: 'succeeded',
      format: 'jsonl',
      counts: { total: 3, succeeded: 2, failed: 1 },
      result: { metrics: { accuracy: 1 } },
    });
    const items = async (query: string) =>
      (await api.call('GET', `/v1/evaluations/${evaluation.id}/items?${query}`)).body as Page<EvaluationItem>;
    const page = await items('limit=2');
    expect(page.data.map(({ index, line, correct, loss }) => [index, line, correct, loss])).toEqual([
      [0, 1, true, 0],
      [1, 2, false, 1],
    ]);
    expect(page.data[0]).toMatchObject({
      slice: { kind: 'first' },
      predicted: { labels: [{}] },
      baseline: null,
    });
    const rest = await items(`limit=2&cursor=${page.next_cursor}`);
    expect(rest).toMatchObject({
      data: [{ index: 2, predicted: null, correct: null, error: { code: 'input-too-long', max: 512 } }],
      next_cursor: null,
    });
    expect((await items('correct=false')).data.map(({ index }) => index)).toEqual([1]);
    const wrong = await api.call(
      'GET',
      `/v1/evaluations/${evaluation.id}/items?correct=true&cursor=${page.next_cursor}`,
    );
    expect(problemIn(wrong)).toMatchObject({ code: 'invalid-cursor' });
  });
});

describe('the stream of an evaluation', () => {
  const open = (id: string, headers: Record<string, string> = {}) =>
    openSse(`${api.url}/v1/evaluations/${id}/events`, { authorization: `Bearer ${api.key}`, ...headers });
  const names = async (id: string, headers?: Record<string, string>) => {
    const events = await (await open(id, headers)).rest();
    return events.map((event) => `${event.id} ${event.event}`);
  };

  it('tells of each change as it happens, ends with it, and goes on where it was', async () => {
    await endAll();
    const evaluation = await create();
    const { id } = evaluation;
    const stream = await open(id);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await stream.next()).toEqual({
      id: '1',
      event: 'status',
      data: { id, status: 'queued', sequence: 1, at: evaluation.created_at },
    });
    await finish(evaluation);
    const events = await stream.rest();
    const ended = await get(id);
    expect(events).toEqual([
      { id: '2', event: 'status', data: { id, status: 'running', sequence: 2, at: ended.started_at } },
      { id: '3', event: 'progress', data: { done: 3, total: 3 } },
      {
        id: '4',
        event: 'status',
        data: { id, status: 'succeeded', sequence: ended.sequence, at: ended.completed_at },
      },
      { id: '5', event: 'done', data: ended },
    ]);
    expect(ended.urls.events).toBe(`/v1/evaluations/${id}/events`);
    expect(await names(id, { 'last-event-id': '2' })).toEqual(['3 progress', '4 status', '5 done']);
    expect((await open(id, { 'last-event-id': '5' })).status).toBe(204);
    await api.database.query(
      `UPDATE evaluations SET completed_at = now() - interval '2 h' WHERE id = '${fromPublicId('evaluation', id)}'`,
    );
    expect(await names(id)).toEqual(['1 status', '2 status', '4 status', '5 done']);
    const html = { headers: { accept: 'text/html' } };
    expect(problemIn(await api.call('GET', `/v1/evaluations/${id}/events`, html))).toMatchObject({
      status: 406,
      code: 'not-acceptable',
    });
  });

  it('ends where it is canceled', async () => {
    const { id } = await create();
    const stream = await open(id);
    await stream.next();
    const canceled = (await api.call('POST', `/v1/evaluations/${id}/cancel`)).body as Evaluation;
    expect(await stream.rest()).toMatchObject([
      { id: '2', data: { status: 'canceled', sequence: 2 } },
      { id: '3', event: 'done', data: canceled },
    ]);
  });
});

it('limits of evaluations are told', async () => {
  expect((await api.call('GET', '/v1/limits')).body).toMatchObject({
    max_open_evaluations: 100,
    max_evaluation_items: 200_000,
    max_evaluation_metrics: 32,
    max_evaluation_option_bytes: 65_536,
    max_evaluation_output_bytes: 4 * 1024 ** 3,
    max_resamples: 100_000,
    max_resampled_values: 1e9,
  });
});

describe('gates of a model', () => {
  it('are met by the newest succeeded evaluation of a version, or by the one that is named', async () => {
    const name = `gated-${newUuid()}`;
    await addVersion(name);
    await addVersion(name);
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    expect(
      (await api.call('PATCH', `/v1/models/${name}`, { body: { gates, gated: ['production'] } })).status,
    ).toBe(200);
    const put = (body: object) =>
      api.call('PUT', `/v1/models/${name}/aliases/production`, { body: { version: 2, ...body } });
    expect(problemIn(await put({}))).toMatchObject({ code: 'promotion-blocked' });
    const evaluate = async (accuracy: number, version = 2) => {
      const evaluation = await create({ model: `${name}@${version}` });
      await finish(evaluation, { accuracy });
      return evaluation.id;
    };
    const good = await evaluate(0.95);
    const bad = await evaluate(0.5);
    const other = await evaluate(1, 1);
    expect(problemIn(await put({}))).toMatchObject({ failed_gates: [{ actual: 0.5 }] });
    expect(problemIn(await put({ evaluation: bad }))).toMatchObject({ code: 'promotion-blocked' });
    const open = await create({ model: `${name}@2` });
    for (const evaluation of [other, open.id, 'evl_x', toPublicId('evaluation', newUuid())])
      expect(problemIn(await put({ evaluation, force: true })).errors![0]!.pointer).toBe('/evaluation');
    const moved = await put({ evaluation: good });
    expect([moved.status, moved.body]).toMatchObject([
      200,
      { version_number: 2, history: [{ evaluation: good, forced: false, refused: null }, {}, {}, {}, {}] },
    ]);
  });

  it('are held against the newest that measured them, which the history names', async () => {
    const name = `gated-${newUuid()}`;
    await addVersion(name);
    await addVersion(name);
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    await api.call('PATCH', `/v1/models/${name}`, { body: { gates, gated: ['production'] } });
    const evaluate = async (metrics: Record<string, number>) => {
      const evaluation = await create({ model: `${name}@2` });
      await finish(evaluation, metrics);
      return evaluation.id;
    };
    const good = await evaluate({ accuracy: 0.95 });
    // A look at something else in between.
    await evaluate({ macro_f1: 0.1 });
    const moved = await api.call('PUT', `/v1/models/${name}/aliases/production`, { body: { version: 2 } });
    expect([moved.status, moved.body]).toMatchObject([200, { history: [{ evaluation: good }, {}] }]);
  });

  it('are passed over by force, with the evaluation that does not meet them in the history', async () => {
    const name = `gated-${newUuid()}`;
    await addVersion(name);
    await addVersion(name);
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    await api.call('PATCH', `/v1/models/${name}`, { body: { gates, gated: ['production'] } });
    const bad = await create({ model: `${name}@2` });
    await finish(bad, { accuracy: 0.5 });
    const put = (body: object) =>
      api.call('PUT', `/v1/models/${name}/aliases/production`, { body: { version: 2, ...body } });
    expect(problemIn(await put({ evaluation: bad.id }))).toMatchObject({ code: 'promotion-blocked' });
    const moved = await put({ evaluation: bad.id, force: true });
    expect([moved.status, moved.body]).toMatchObject([
      200,
      {
        version_number: 2,
        history: [{ evaluation: bad.id, forced: true }, { refused: 'promotion-blocked' }, {}],
      },
    ]);
  });

  it('are not met by a data set of which much does not fit', async () => {
    const name = `gated-${newUuid()}`;
    await addVersion(name);
    await addVersion(name);
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    await api.call('PATCH', `/v1/models/${name}`, { body: { gates, gated: ['production'] } });
    const put = () => api.call('PUT', `/v1/models/${name}/aliases/production`, { body: { version: 2 } });
    const half = await create({ model: `${name}@2` });
    await finish(half, { accuracy: 1 }, { items: 50, invalid: 50 });
    expect(problemIn(await put())).toMatchObject({
      code: 'promotion-blocked',
      failed_gates: [{ actual: 1, reason: 'only 50 of 100 examples were answered: 50 do not fit the task' }],
    });
    const whole = await create({ model: `${name}@2` });
    await finish(whole, { accuracy: 1 }, { items: 99, invalid: 1 });
    expect((await put()).status).toBe(200);
  });
});
