import type { Job } from '@heddle/contracts';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { create, lineOf, linesOf, untilEnded } from './batch.js';
import { openai, world } from './setting.js';

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

  it('name one model however they like', async () => {
    const url = '/v1/classifications';
    const { id: ofLibrary } = await world.client.request<{ id: string }>(
      'GET',
      '/v1/models/sentiment/versions/1',
    );
    const names = ['sentiment', 'library/sentiment', 'sentiment@production', 'sentiment@1', ofLibrary];
    const lines = names.map((model, i) => lineOf(String(i), url, { model, input: 'I loved it' }));
    const batch = await untilEnded(await create(lines, url));
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 5, completed: 5, failed: 0 },
    });
    const answers = await linesOf(batch.output_file_id);
    for (const { response } of answers)
      expect(response!.body).toMatchObject({ model: 'sentiment', data: [{ label: 'positive' }] });

    const others = ['topic', 'SENTIMENT', 'strangers/sentiment', 'sentiment@2', 'ver_nothing'];
    const mixed = ['sentiment', ...others].map((model, i) => lineOf(String(i), url, { model, input: 'x' }));
    const failed = await untilEnded(await create(mixed, url));
    expect(failed.status).toBe('failed');
    expect(failed.errors!.data!.map(({ line, code, message }) => [line, code, message])).toEqual(
      others.map((_, i) => [i + 2, 'invalid_value', expect.stringContaining('must be sentiment')]),
    );
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
