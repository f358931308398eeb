import type { EmbedOutput } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { openai, world } from './setting.js';

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
