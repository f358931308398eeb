import type { EmbedOutput } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importModel } from './models.js';
import { withReceiver } from './receiver.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
let openai: OpenAI;
beforeAll(async () => {
  world = await startDialectWorld({
    HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
    HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  });
  openai = clientWith(world.heddle.key);
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

function clientWith(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${world.heddle.url}/openai/v1`, maxRetries: 0 });
}

/** The vector that the native API has for a text. */
async function nativeVector(input: unknown, parameters = {}): Promise<number[]> {
  const job = await world.client.run({ model: 'embedder', inputs: [input], parameters });
  return (job.results![0]!.output as Extract<EmbedOutput, { embedding: unknown }>).embedding as number[];
}

function near(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
}

describe('embeddings', () => {
  it('are those of the native API, asked for as base64 or not', async () => {
    const texts = ['a station', 'Zoë moved to São Paulo'];
    const asClientsDo = await openai.embeddings.create({ model: 'embedder', input: texts });
    const asNumbers = await openai.embeddings.create({
      model: 'embedder',
      input: texts,
      encoding_format: 'float',
    });
    expect(asClientsDo).toMatchObject({ object: 'list', model: 'embedder' });
    expect(asClientsDo.usage.total_tokens).toBe(asClientsDo.usage.prompt_tokens);
    expect(asClientsDo.usage.prompt_tokens).toBeGreaterThan(4);
    for (const [i, text] of texts.entries()) {
      const expected = await nativeVector(text);
      near(asClientsDo.data[i]!.embedding, expected);
      near(asNumbers.data[i]!.embedding, expected);
      expect(asClientsDo.data[i]).toMatchObject({ object: 'embedding', index: i });
    }
  });

  it('are of one text, and as short as is asked for', async () => {
    const { data } = await openai.embeddings.create({ model: 'embedder', input: 'hello', dimensions: 4 });
    expect(data).toHaveLength(1);
    near(data[0]!.embedding, await nativeVector('hello', { dimensions: 4 }));
  });

  it('are of tokens, with or without those around them', async () => {
    const text = 'a station in Paris';
    const { data } = await world.client.request<{ data: { tokens: { id: number }[] }[] }>(
      'POST',
      '/v1/tokenize',
      { model: 'embedder', inputs: [text] },
    );
    const ids = data[0]!.tokens.map(({ id }) => id);
    const one = await openai.embeddings.create({ model: 'embedder', input: ids });
    const two = await openai.embeddings.create({ model: 'embedder', input: [ids, ids.slice(1, -1)] });
    const expected = await nativeVector(text);
    for (const { embedding } of [...one.data, ...two.data]) near(embedding, expected);
    await expect(openai.embeddings.create({ model: 'embedder', input: [2 ** 30] })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_value',
    });
  });

  it('are of as many texts as OpenAI takes, in their order', async () => {
    const texts = Array.from({ length: 1_200 }, (_, i) => `text number ${i % 3}`);
    const { data } = await openai.embeddings.create({ model: 'embedder', input: texts, dimensions: 3 });
    expect(data.map(({ index }) => index)).toEqual(texts.map((_, i) => i));
    for (const i of [0, 1, 2]) near(data[1_197 + i]!.embedding, data[i]!.embedding);
    const tooMany = Array.from({ length: 2_049 }, () => 'x');
    await expect(openai.embeddings.create({ model: 'embedder', input: tooMany })).rejects.toMatchObject({
      status: 400,
      code: 'too_many_inputs',
      param: 'input',
    });
  });

  it('are never of a text that was cut', async () => {
    const long = 'word '.repeat(3_000);
    await expect(
      openai.embeddings.create({ model: 'embedder', input: ['short', long] }),
    ).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      param: 'input[1]',
    });
  });

  it('leave jobs of high priority, which are kept for an hour', async () => {
    await openai.embeddings.create({ model: 'embedder', input: 'hello' });
    const { data } = await world.client.list('source=openai&limit=1');
    expect(data[0]).toMatchObject({ source: 'openai', priority: 'high', task: 'embed' });
    const kept = Date.parse(data[0]!.expires_at!) - Date.parse(data[0]!.completed_at!);
    expect(kept).toBe(3_600_000);
  });

  it('are made once with an Idempotency-Key', async () => {
    const ask = (input: string) =>
      openai.embeddings.create({ model: 'embedder', input }, { headers: { 'Idempotency-Key': 'once' } });
    const [first, again] = [await ask('hello'), await ask('hello')];
    expect(again.data).toEqual(first.data);
    await expect(ask('other')).rejects.toMatchObject({ status: 400, code: 'idempotency_key_reused' });
    // Of another interface, the key is another.
    const job = await world.client.submit(
      { model: 'sentiment', inputs: ['x'] },
      { 'idempotency-key': 'once' },
    );
    expect(job.source).toBe('native');
  });
});

describe('moderations', () => {
  it('have the labels of the model for categories', async () => {
    const { id, model, results } = await openai.moderations.create({
      model: 'sentiment',
      input: ['I loved it', 'Two hours I will never get back.'],
    });
    expect([id.startsWith('modr_'), model]).toEqual([true, 'sentiment']);
    const job = await world.client.run({ model: 'sentiment', inputs: ['I loved it'] });
    const { labels } = job.results![0]!.output as { labels: { label: string; score: number }[] };
    for (const { label, score } of labels) {
      const scores = results[0]!.category_scores as unknown as Record<string, number>;
      expect(Math.abs(scores[label]! - score)).toBeLessThan(1e-4);
    }
    expect(results[0]).toMatchObject({
      flagged: true,
      categories: { positive: true, negative: false },
      category_applied_input_types: { positive: ['text'], negative: ['text'] },
    });
    expect(results[1]).toMatchObject({ categories: { positive: false, negative: true } });
  });

  it('are of texts in parts, and of no images', async () => {
    const text = { type: 'text', text: 'I loved it' } as const;
    const { results } = await openai.moderations.create({ model: 'sentiment', input: [text] });
    expect(results).toHaveLength(1);
    const image = { type: 'image_url', image_url: { url: 'https://example.com/x.png' } } as const;
    await expect(
      openai.moderations.create({ model: 'sentiment', input: [text, image] }),
    ).rejects.toMatchObject({ status: 400, code: 'invalid_value' });
  });
});

describe('moderations of a version that says how its labels are read', () => {
  const TIMEOUT_MS = 120_000;
  const text = 'I loved it';
  const flagsOf = async (model: string) => {
    const { results } = await openai.moderations.create({ model, input: text });
    const { categories, flagged } = results[0]!;
    return { categories: { ...categories }, flagged };
  };
  const score = async () => {
    const job = await world.client.run({ model: 'sentiment', inputs: [text] });
    const { labels } = job.results![0]!.output as { labels: { label: string; score: number }[] };
    return labels.find(({ label }) => label === 'positive')!.score;
  };

  it('never flag a label that is safe by its configuration', { timeout: TIMEOUT_MS }, async () => {
    const { moderation } = await importModel(world.client, {
      name: 'kind',
      folder: 'sentiment',
      config: { safe_label: 'positive' },
    });
    expect(moderation).toEqual({ safe_labels: ['positive'] });
    expect(await flagsOf('kind')).toEqual({
      categories: { positive: false, negative: false },
      flagged: false,
    });
  });

  it('flag from a threshold of its own on, also in batches', { timeout: TIMEOUT_MS }, async () => {
    const beyond = (1 + (await score())) / 2;
    const moderation = { thresholds: { positive: beyond, negative: 0 }, safe_labels: [] };
    const imported = await importModel(world.client, { name: 'strict', folder: 'sentiment', moderation });
    expect(imported.moderation).toEqual(moderation);
    const expected = { categories: { positive: false, negative: true }, flagged: true };
    expect(await flagsOf('strict')).toEqual(expected);
    const url = '/v1/moderations';
    const body = { model: 'strict', input: text };
    const file = await openai.files.create({
      purpose: 'batch',
      file: await toFile(
        Buffer.from(JSON.stringify({ custom_id: 'a', method: 'POST', url, body })),
        'in.jsonl',
      ),
    });
    let batch = await openai.batches.create({
      input_file_id: file.id,
      endpoint: url,
      completion_window: '24h',
    });
    await waitFor(
      async () => {
        batch = await openai.batches.retrieve(batch.id);
        return batch.status === 'completed';
      },
      { timeoutMs: 60_000 },
    );
    const line = JSON.parse(await (await openai.files.content(batch.output_file_id!)).text()) as {
      response: { body: { results: object[] } };
    };
    expect(line.response.body.results).toMatchObject([expected]);
  });

  it('speak of labels that there are', { timeout: TIMEOUT_MS }, async () => {
    const { status, error } = await importModel(world.client, {
      name: 'wrong',
      folder: 'sentiment',
      moderation: { safe_labels: ['fine'] },
    });
    expect([status, error?.code]).toEqual(['failed', 'invalid-config']);
    expect(error!.message).toContain('"fine"');
  });
});

it('classifications are labels by score', async () => {
  const body = { model: 'sentiment', input: ['I loved it', 'meh'], top_k: 1 };
  const { object, data } = await openai.post<{
    object: string;
    data: { label: string; labels: unknown[] }[];
  }>('/classifications', { body });
  expect([object, data.length, data[0]!.label]).toEqual(['list', 2, 'positive']);
  expect(data[0]!.labels).toHaveLength(1);
  const zero = await openai.post<{ data: { label: string; labels: unknown[] }[] }>('/classifications', {
    body: {
      model: 'nli',
      input: 'The match ended 2-1',
      parameters: { candidate_labels: ['sport', 'politics'] },
    },
  });
  expect(zero.data[0]).toMatchObject({ label: 'sport', labels: [{ label: 'sport' }, { label: 'politics' }] });
});

describe('models', () => {
  it('are listed, also to a client that has its address from the environment', async () => {
    process.env.OPENAI_BASE_URL = `${world.heddle.url}/openai/v1`;
    const fromEnvironment = new OpenAI({ apiKey: world.heddle.key });
    delete process.env.OPENAI_BASE_URL;
    expect((await fromEnvironment.models.list()).data).not.toEqual([]);
    const ids: string[] = [];
    for await (const model of openai.models.list()) {
      ids.push(model.id);
      expect(model).toMatchObject({ object: 'model', owned_by: expect.any(String) });
      expect(Math.abs(model.created * 1000 - Date.now())).toBeLessThan(86_400_000);
    }
    expect(ids).toEqual(expect.arrayContaining(['embedder', 'ner', 'nli', 'sentiment', 'topic']));
  });

  it('are found by all that a call may name them', async () => {
    for (const id of ['embedder', 'embedder@1', `${world.slug}/embedder`, 'library/sentiment'])
      expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    // As clients do that do not escape the slash.
    const plain = await openai.get<{ id: string }>('/models/library/sentiment');
    expect(plain.id).toBe('library/sentiment');
    const wrong = { status: 404, code: 'model_not_found', type: 'not_found_error' };
    for (const id of ['nothing', 'strangers/sentiment', 'sentiment@9'])
      await expect(openai.models.retrieve(id)).rejects.toMatchObject(wrong);
  });
});

describe('files', () => {
  it('are uploaded, listed by pages, read and deleted', async () => {
    const made: string[] = [];
    for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) {
      const file = await openai.files.create({
        purpose: 'batch',
        file: await toFile(Buffer.from(`{"name":"${name}"}\n`), name),
        expires_after: { anchor: 'created_at', seconds: 3_600 },
      });
      expect(file).toMatchObject({ object: 'file', filename: name, purpose: 'batch', status: 'processed' });
      expect(file.expires_at! - file.created_at).toBe(3_600);
      made.push(file.id);
    }
    const listed: string[] = [];
    for await (const file of openai.files.list({ limit: 2, purpose: 'batch' })) listed.push(file.id);
    expect(listed.slice(0, 3)).toEqual(made.toReversed());
    const oldest = await openai.files.list({ limit: 1, order: 'asc', after: made[0]!, purpose: 'batch' });
    expect(oldest.data.map(({ id }) => id)).toEqual([made[1]]);
    expect(oldest.has_more).toBe(true);
    expect(await openai.files.retrieve(made[0]!)).toMatchObject({ id: made[0], bytes: 19 });
    expect(await (await openai.files.content(made[0]!)).text()).toBe('{"name":"a.jsonl"}\n');
    expect(await openai.files.delete(made[0]!)).toEqual({ id: made[0], object: 'file', deleted: true });
    await expect(openai.files.retrieve(made[0]!)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  it('of purposes that mean nothing here are kept', async () => {
    const file = await openai.files.create({
      purpose: 'user_data',
      file: await toFile(Buffer.from('x'), 'x.txt'),
    });
    expect(file.purpose).toBe('user_data');
    const { data } = await openai.files.list({ purpose: 'user_data' });
    expect(data.map(({ id }) => id)).toEqual([file.id]);
  });
});

it('webhooks are taken as they are', async () => {
  await withReceiver(async (url, received) => {
    const { secret, id } = await world.client.request<{ secret: string; id: string }>(
      'POST',
      '/v1/webhooks',
      {
        url,
        events: ['job.succeeded'],
      },
    );
    await openai.embeddings.create({ model: 'embedder', input: 'hello', user: 'somebody' });
    await waitFor(() => received.length === 1, { timeoutMs: 30_000 });
    const [{ body, headers }] = received as [(typeof received)[number]];
    const event = await openai.webhooks.unwrap(body, headers, secret);
    expect(event).toMatchObject({ object: 'event', type: 'job.succeeded', data: { source: 'openai' } });
    await expect(openai.webhooks.unwrap(`${body} `, headers, secret)).rejects.toThrow('signature');
    await world.client.request('PATCH', `/v1/webhooks/${id}`, { enabled: false });
  });
});

describe('errors', () => {
  it.each([
    ['a field', { model: 'embedder', input: 7 }, { status: 400, code: 'invalid_value', param: 'input' }],
    ['no input', { model: 'embedder', input: [] }, { status: 400, code: 'invalid_value', param: 'input' }],
    ['an empty text', { model: 'embedder', input: ['a', ''] }, { status: 400, param: 'input[1]' }],
    ['another task', { model: 'sentiment', input: 'x' }, { status: 400, code: 'invalid_model' }],
    ['no such model', { model: 'no', input: 'x' }, { status: 404, code: 'model_not_found', param: 'model' }],
    [
      'a dimension too many',
      { model: 'embedder', input: 'x', dimensions: 99_999 },
      { status: 400, param: 'dimensions' },
    ],
  ])('%s', async (_, body, error) => {
    await expect(openai.embeddings.create(body as never)).rejects.toMatchObject(error);
  });

  it('of keys', async () => {
    const noKey = clientWith('hdl_nothing');
    await expect(noKey.models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
      type: 'authentication_error',
    });
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reads',
      scopes: ['read'],
    });
    await expect(
      clientWith(secret).embeddings.create({ model: 'embedder', input: 'x' }),
    ).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions', type: 'permission_error' });
  });

  it('of paths, and of bodies, are in the same form', async () => {
    for (const call of [
      () => openai.chat.completions.create({ model: 'sentiment', messages: [] }),
      () => openai.responses.create({ model: 'sentiment', input: 'x' }),
      () => openai.fineTuning.jobs.list(),
    ])
      await expect(call()).rejects.toMatchObject({ status: 404, code: 'not_found', type: 'not_found_error' });
    const response = await fetch(`${world.heddle.url}/openai/v1/embeddings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.heddle.key}`, 'content-type': 'application/json' },
      body: '{"model":',
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(await response.json()).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_json',
      },
    });
  });

  it('of too many requests say when to come again', async () => {
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'slow',
      scopes: ['infer'],
      rate_limit_per_min: 1,
    });
    const slow = clientWith(secret);
    const { response } = await slow.models.list().withResponse();
    expect(response.headers.get('ratelimit-policy')).toBe('"default";q=1;w=60');
    const refused = await slow.models.list().catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    const { headers } = refused as { headers: Headers };
    expect(Number(headers.get('retry-after-ms'))).toBe(Number(headers.get('retry-after')) * 1000);
  });

  it('that last are told apart from those that pass', async () => {
    await world.client.request('POST', '/v1/models', { name: 'empty' });
    const refused = await openai.embeddings.create({ model: 'empty', input: 'x' }).catch((e: unknown) => e);
    expect(refused).toMatchObject({ status: 409, code: 'no_default_version' });
    expect((refused as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
  });
});
