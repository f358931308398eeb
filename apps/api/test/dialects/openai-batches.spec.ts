import type { Batch, Job } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
let openai: OpenAI;
beforeAll(async () => {
  world = await startDialectWorld();
  openai = new OpenAI({ apiKey: world.heddle.key, baseURL: `${world.heddle.url}/openai/v1` });
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

interface Line {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: never } | null;
  error: { code: string; message: string } | null;
}

function lineOf(customId: string, url: string, body: unknown): string {
  return JSON.stringify({ custom_id: customId, method: 'POST', url, body });
}

async function create(lines: string[], endpoint: string, more: object = {}): Promise<OpenAI.Batch> {
  const file = await openai.files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(lines.join('\n')), 'in.jsonl'),
  });
  return openai.batches.create({
    input_file_id: file.id,
    endpoint: endpoint as '/v1/embeddings',
    completion_window: '24h',
    ...more,
  });
}

async function untilEnded({ id }: OpenAI.Batch): Promise<OpenAI.Batch> {
  let batch: OpenAI.Batch;
  await waitFor(
    async () => {
      batch = await openai.batches.retrieve(id);
      return ['completed', 'failed', 'cancelled', 'expired'].includes(batch.status);
    },
    { timeoutMs: 60_000 },
  );
  return batch!;
}

async function linesOf(fileId: string | null | undefined): Promise<Line[]> {
  const text = await (await openai.files.content(fileId!)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('batches', () => {
  it('of embeddings answer as the calls do, in the order of the file', async () => {
    const url = '/v1/embeddings';
    const started = await create(
      [
        lineOf('a', url, { model: 'embedder', input: 'hello', dimensions: 3 }),
        lineOf('b', url, { model: 'embedder', input: ['one', 'two'], dimensions: 3 }),
        lineOf('c', url, { model: 'embedder', input: 'word '.repeat(3_000) }),
        lineOf('d', url, { model: 'embedder', input: 'bye', dimensions: 3, encoding_format: 'base64' }),
      ],
      url,
      { metadata: { night: '7' } },
    );
    expect(started).toMatchObject({
      object: 'batch',
      endpoint: url,
      completion_window: '24h',
      metadata: { night: '7' },
      errors: null,
    });
    expect(started.expires_at! - started.created_at).toBe(86_400);
    const batch = await untilEnded(started);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 4, completed: 3, failed: 1 },
      failed_at: null,
      cancelled_at: null,
    });
    const times = [batch.created_at, batch.in_progress_at!, batch.finalizing_at!, batch.completed_at!];
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(batch.usage!.total_tokens).toBeGreaterThan(6);

    const outputs = await linesOf(batch.output_file_id);
    expect(outputs.map(({ custom_id }) => custom_id)).toEqual(['a', 'b', 'd']);
    for (const { id, response, error } of outputs) {
      expect([id.startsWith('batch_req_'), response!.status_code, error]).toEqual([true, 200, null]);
      expect(response!.request_id).toMatch(/^req_/);
    }
    const direct = await openai.embeddings.create({
      model: 'embedder',
      input: ['one', 'two'],
      dimensions: 3,
      encoding_format: 'float',
    });
    const ofLine = outputs[1]!.response!.body as OpenAI.CreateEmbeddingResponse;
    expect(ofLine.data.map(({ index }) => index)).toEqual([0, 1]);
    for (const [i, { embedding }] of ofLine.data.entries())
      for (const [j, value] of embedding.entries())
        expect(Math.abs(value - direct.data[i]!.embedding[j]!)).toBeLessThan(1e-4);
    expect(typeof (outputs[2]!.response!.body as { data: { embedding: unknown }[] }).data[0]!.embedding).toBe(
      'string',
    );

    const [failed, ...others] = await linesOf(batch.error_file_id);
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      custom_id: 'c',
      response: { status_code: 400, body: { error: { code: 'context_length_exceeded' } } },
      error: null,
    });
  });

  it.each([
    ['/v1/moderations', { model: 'sentiment', input: 'I loved it' }, { results: [{ flagged: true }] }],
    [
      '/v1/classifications',
      { model: 'topic', input: ['Stocks fell', 'He scored twice'] },
      { object: 'list', data: [{ index: 0 }, { index: 1 }] },
    ],
    [
      '/v1/jobs',
      { model: 'ner', inputs: ['Angela Merkel spoke in Paris'] },
      { object: 'job', results: [{ index: 0, output: { entities: expect.any(Array) } }] },
    ],
  ])('of %s', async (url, body, answer) => {
    const batch = await untilEnded(await create([lineOf('x', url, body)], url));
    expect(batch.status).toBe('completed');
    expect(batch.error_file_id).toBeNull();
    const [line] = await linesOf(batch.output_file_id);
    expect(line!.response!.body).toMatchObject(answer);
  });

  it('fail where a line is not what it should be', async () => {
    const url = '/v1/moderations';
    const good = lineOf('a', url, { model: 'sentiment', input: 'x' });
    const batch = await untilEnded(
      await create(
        [
          good,
          lineOf('b', '/v1/embeddings', { model: 'sentiment', input: 'x' }),
          '{"custom_id":',
          lineOf('c', url, { model: 'topic', input: 'x' }),
          lineOf('d', url, { model: 'sentiment', input: 7 }),
          good,
        ],
        url,
      ),
    );
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null, errors: { object: 'list' } });
    expect(batch.failed_at).not.toBeNull();
    expect(batch.errors!.data!.map(({ line, code }) => [line, code])).toEqual([
      [2, 'invalid_url'],
      [3, 'invalid_json_line'],
      [4, 'invalid_value'],
      [5, 'invalid_value'],
      [6, 'duplicate_custom_id'],
    ]);
  });

  it.each([
    [
      'no line that is JSON',
      ['nothing', '{"custom_id":'],
      [
        [1, 'invalid_json_line'],
        [2, 'invalid_json_line'],
      ],
    ],
    [
      'no line with a body',
      ['{}', '[]'],
      [
        [1, 'invalid_value'],
        [2, 'invalid_value'],
      ],
    ],
    ['no line that names a model', [lineOf('a', '/v1/embeddings', { input: 'x' })], [[1, 'invalid_value']]],
    ['no line at all', ['', ''], [[null, 'empty_file']]],
  ])('fail where a file has %s', async (_, lines, errors) => {
    const batch = await create(lines, '/v1/embeddings', { metadata: { night: '7' } });
    expect(batch).toMatchObject({
      object: 'batch',
      status: 'failed',
      endpoint: '/v1/embeddings',
      output_file_id: null,
      error_file_id: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: { night: '7' },
    });
    expect(batch.failed_at).toBeGreaterThanOrEqual(batch.created_at);
    expect(batch.errors!.data!.map(({ line, code }) => [line, code])).toEqual(errors);
    expect(await openai.batches.retrieve(batch.id)).toEqual(batch);
    expect((await openai.batches.list({ limit: 1 })).data).toEqual([batch]);
    expect(await openai.batches.cancel(batch.id)).toEqual(batch);
    const native = await world.client.request<Batch>('GET', `/v1/batches/${batch.id}`);
    expect(native).toMatchObject({ status: 'failed', model: null, version: null, task: null });
    expect(native.error_count).toBe(errors.length);
  });

  it('that fail at once are made once with an Idempotency-Key, and told of', async () => {
    const { id: webhook } = await world.client.request<{ id: string }>('POST', '/v1/webhooks', {
      url: 'https://example.com/hook',
      events: ['batch.failed'],
    });
    const file = await openai.files.create({
      purpose: 'batch',
      file: await toFile(Buffer.from('nothing'), 'in.jsonl'),
    });
    const ask = () =>
      openai.batches.create(
        { input_file_id: file.id, endpoint: '/v1/embeddings', completion_window: '24h' },
        { headers: { 'Idempotency-Key': 'failed-batch' } },
      );
    const [first, again] = await Promise.all([ask(), ask()]);
    expect(again).toEqual(first);
    const { data } = await world.client.request<{ data: { event_type: string; webhook: string }[] }>(
      'GET',
      `/v1/deliveries?batch=${first.id}`,
    );
    expect(data).toMatchObject([{ event_type: 'batch.failed', webhook }]);
    await fetch(`${world.heddle.url}/v1/webhooks/${webhook}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${world.heddle.key}` },
    });
  });

  it('of jobs have a result for each item, and fail where all of them do', async () => {
    const url = '/v1/jobs';
    const long = 'word '.repeat(3_000);
    const batch = await untilEnded(
      await create(
        [
          lineOf('some', url, { model: 'sentiment', inputs: [{ text: 'I loved it', id: 'a' }, long, 'meh'] }),
          lineOf('none', url, { model: 'sentiment', inputs: [long, long] }),
          lineOf('one', url, { model: 'sentiment', inputs: [long] }),
          lineOf('all', url, { model: 'sentiment', inputs: ['I loved it', 'meh'] }),
        ],
        url,
      ),
    );
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 4, completed: 2, failed: 2 },
    });
    const inputs = [{ text: 'I loved it', id: 'a' }, long, 'meh'];
    const job = await world.client.run({ model: 'sentiment', inputs });
    const tooLong = { error: { code: 'input-too-long' } };
    const outputs = await linesOf(batch.output_file_id);
    expect(outputs.map(({ custom_id, response }) => [custom_id, response!.status_code])).toEqual([
      ['some', 200],
      ['all', 200],
    ]);
    const some = outputs[0]!.response!.body as Job;
    expect(some).toMatchObject({
      object: 'job',
      status: 'succeeded',
      counts: { total: 3, succeeded: 2, failed: 1 },
      error: null,
    });
    const shownOf = ({ results }: Job) =>
      results!.map(({ index, id, output }) => [index, id, output && 'output']);
    expect(shownOf(some)).toEqual(shownOf(job));
    expect(some.results![1]!.error).toEqual(job.results![1]!.error);
    const failures = await linesOf(batch.error_file_id);
    expect(failures).toMatchObject([
      {
        custom_id: 'none',
        response: {
          status_code: 400,
          body: {
            status: 'failed',
            error: { code: 'all-items-failed' },
            results: [
              { index: 0, ...tooLong },
              { index: 1, ...tooLong },
            ],
          },
        },
      },
      { custom_id: 'one', response: { status_code: 400, body: { results: [tooLong] } } },
    ]);
  });

  it('are refused at once where the model is not there', async () => {
    const refused = (lines: string[]) => create(lines, '/v1/embeddings').catch((error: unknown) => error);
    const line = lineOf('a', '/v1/embeddings', { model: 'nothing', input: 'x' });
    expect(await refused([line])).toMatchObject({ status: 404, code: 'model_not_found' });
    const wrong = lineOf('a', '/v1/embeddings', { model: 'sentiment', input: 'x' });
    expect(await refused([wrong])).toMatchObject({ status: 400, code: 'invalid_model' });
  });

  it('are for the endpoints that there are, within a day', async () => {
    const line = lineOf('a', '/v1/embeddings', { model: 'embedder', input: 'x' });
    const refused = { status: 400, code: 'invalid_value' };
    await expect(create([line], '/v1/chat/completions')).rejects.toMatchObject({
      ...refused,
      param: 'endpoint',
    });
    await expect(create([line], '/v1/embeddings', { completion_window: '1h' })).rejects.toMatchObject({
      ...refused,
      param: 'completion_window',
    });
  });

  it('are canceled, and what has not run says so', async () => {
    const url = '/v1/classifications';
    const { id: version } = await world.client.request<{ id: string }>(
      'GET',
      '/v1/models/sentiment/versions/1',
    );
    // Nothing of it runs meanwhile.
    await world.client.request('POST', `/v1/queues/${version}/pause`, {});
    try {
      const batch = await create([lineOf('a', url, { model: 'sentiment', input: 'x' })], url);
      const canceled = await openai.batches.cancel(batch.id);
      expect(['cancelling', 'cancelled']).toContain(canceled.status);
      const ended = await untilEnded(batch);
      expect(ended.status).toBe('cancelled');
      expect(ended.cancelled_at).toBeGreaterThanOrEqual(ended.cancelling_at!);
      expect(await linesOf(ended.error_file_id)).toMatchObject([
        { custom_id: 'a', response: null, error: { code: 'batch_cancelled' } },
      ]);
    } finally {
      await world.client.request('POST', `/v1/queues/${version}/resume`, {});
    }
  });

  it('expire with their window, and what has not run says so', async () => {
    const url = '/v1/classifications';
    const { id: version } = await world.client.request<{ id: string }>('GET', '/v1/models/topic/versions/1');
    await world.client.request('POST', `/v1/queues/${version}/pause`, {});
    try {
      const batch = await create([lineOf('a', url, { model: 'topic', input: 'x' })], url);
      await waitFor(async () => (await openai.batches.retrieve(batch.id)).status === 'in_progress', {
        timeoutMs: 60_000,
      });
      // A day is over.
      await world.heddle.database.query("UPDATE batches SET deadline = now() WHERE state = 'running'");
      const ended = await untilEnded(batch);
      expect(ended).toMatchObject({ status: 'expired', cancelled_at: null, completed_at: null });
      expect(ended.expired_at).toBeGreaterThanOrEqual(ended.in_progress_at!);
      expect(await linesOf(ended.error_file_id)).toMatchObject([
        { custom_id: 'a', response: null, error: { code: 'batch_expired' } },
      ]);
    } finally {
      await world.client.request('POST', `/v1/queues/${version}/resume`, {});
    }
  });

  it('are listed by pages, without those of other interfaces', async () => {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['{"custom_id":"a","input":"x"}\n']), 'lines.jsonl');
    const file = await world.client.upload<{ id: string }>('/v1/files', form);
    const native = await world.client.request<{ id: string }>('POST', '/v1/batches', {
      model: 'sentiment',
      file: file.id,
    });
    const url = '/v1/classifications';
    const made = [];
    for (let i = 0; i < 3; i++)
      made.push((await create([lineOf('a', url, { model: 'sentiment', input: 'x' })], url)).id);
    const listed: string[] = [];
    for await (const { id } of openai.batches.list({ limit: 2 })) listed.push(id);
    expect(listed.slice(0, 3)).toEqual(made.toReversed());
    expect(listed).not.toContain(native.id);
    await expect(openai.batches.retrieve(native.id)).rejects.toMatchObject({ status: 404 });
  });

  it('keep their files for as long as is asked for', async () => {
    const url = '/v1/classifications';
    const batch = await untilEnded(
      await create([lineOf('a', url, { model: 'sentiment', input: 'x' })], url, {
        output_expires_after: { anchor: 'created_at', seconds: 7_200 },
      }),
    );
    const file = await openai.files.retrieve(batch.output_file_id!);
    expect(file.purpose).toBe('batch_output');
    expect(Math.abs(file.expires_at! - batch.completed_at! - 7_200)).toBeLessThanOrEqual(1);
  });
});
