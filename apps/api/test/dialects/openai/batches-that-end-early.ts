import type { Batch } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { create, lineOf, linesOf, untilEnded } from './batch.js';
import { openai, world } from './setting.js';

describe('batches that do not run', () => {
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
});
