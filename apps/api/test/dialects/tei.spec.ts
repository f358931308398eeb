import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, nearLabels, post, rankingOf, vectorOf } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

type Labels = { label: string; score: number }[];

let world: DialectWorld;
beforeAll(async () => {
  world = await startDialectWorld();
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const ask = (path: string, body: unknown) => post(world, `/tei/${path}`, body);
const answer = async <T>(path: string, body: unknown): Promise<T> => {
  const { status, body: found } = await ask(path, body);
  expect(status, JSON.stringify(found)).toBe(200);
  return found as T;
};
const get = (path: string, key?: string) =>
  fetch(`${world.heddle.url}/tei/${path}`, key ? { headers: { authorization: `Bearer ${key}` } } : {});

describe('predict', () => {
  it('takes a text, a pair, and a list of them', async () => {
    const [one, pair] = await native(world, 'nli', 'text-classification', [
      'A man sleeps.',
      { text: 'A man sleeps.', text_pair: 'He is awake.' },
    ]);
    nearLabels(await answer<Labels>('nli/predict', { inputs: 'A man sleeps.' }), labelsOf(one!));
    const asPair = ['A man sleeps.', 'He is awake.'];
    nearLabels(await answer<Labels>('nli/predict', { inputs: asPair }), labelsOf(pair!));
    const both = await answer<Labels[]>('nli/predict', { inputs: [['A man sleeps.'], asPair] });
    nearLabels(both[0]!, labelsOf(one!));
    nearLabels(both[1]!, labelsOf(pair!));
    expect((await ask('nli/predict', { inputs: ['a', 'b', 'c'] })).status).toBe(422);
  });

  it('gives logits where they are asked for, one label its probability', async () => {
    const [raw] = await native(world, 'sentiment', 'text-classification', ['x'], {
      function_to_apply: 'none',
    });
    nearLabels(await answer<Labels>('sentiment/predict', { inputs: 'x', raw_scores: true }), labelsOf(raw!));
    const [ranked] = await native(world, 'reranker', 'rerank', [{ query: 'a', documents: ['b'] }]);
    const [single] = await answer<Labels>('reranker/predict', { inputs: ['a', 'b'] });
    near([single!.score], [rankingOf(ranked!)[0]!.score]);
    expect(single!.label).toBe('relevant');
  });

  it('cuts what is too long unless it is told not to', async () => {
    const long = Array.from({ length: 3_000 }, (_, i) => `word${i}`).join(' ');
    const cut = (truncation_side: string) =>
      native(world, 'sentiment', 'text-classification', [long], { truncate: true, truncation_side });
    const [left] = await cut('left');
    const [right] = await cut('right');
    for (const [direction, expected] of [
      ['Left', left],
      ['left', left],
      ['Right', right],
      [undefined, right],
    ] as const)
      nearLabels(
        await answer<Labels>('sentiment/predict', { inputs: long, truncation_direction: direction }),
        labelsOf(expected!),
      );
    const whole = await ask('sentiment/predict', { inputs: long, truncate: false });
    expect([whole.status, whole.body]).toMatchObject([422, { error_type: 'Validation' }]);
  });

  it('says how long it took', async () => {
    const { headers } = await ask('sentiment/predict', { inputs: 'Zoë 👋' });
    expect(headers.get('server-timing')).toMatch(/^queue;dur=[\d.]+, tokenize;dur=/);
    expect(headers.get('x-compute-type')).toBe('cpu');
    expect(headers.get('x-compute-characters')).toBe('5');
    expect(Number(headers.get('x-compute-tokens'))).toBeGreaterThan(2);
    for (const name of ['compute-time', 'total-time', 'tokenization-time', 'queue-time', 'inference-time'])
      expect(headers.get(`x-${name}`)).toMatch(/^\d+$/);
  });
});

describe('rerank, and vectors', () => {
  const texts = ['Berlin is big', 'Paris is the capital'];

  it('ranks', async () => {
    const [output] = await native(world, 'reranker', 'rerank', [{ query: 'q', documents: texts }]);
    const ranked = await answer<{ index: number; score: number; text: string }[]>('reranker/rerank', {
      query: 'q',
      texts,
      return_text: true,
    });
    expect(ranked.map(({ index }) => index)).toEqual(rankingOf(output!).map(({ index }) => index));
    for (const { index, text } of ranked) expect(text).toBe(texts[index]);
    const raw = await answer<{ score: number }[]>('reranker/rerank', { query: 'q', texts, raw_scores: true });
    near(
      raw.map(({ score }) => 1 / (1 + Math.exp(-score))),
      ranked.map(({ score }) => score),
    );
  });

  it('embeds texts, tokens and ids of tokens', async () => {
    const [whole, plain] = [
      await native(world, 'embedder', 'embed', ['a station', 'x']),
      await native(world, 'embedder', 'embed', ['a station'], { normalize: false, dimensions: 4 }),
    ];
    const one = await answer<number[][]>('embedder/embed', { inputs: 'a station' });
    near(one[0]!, vectorOf(whole[0]!));
    const two = await answer<number[][]>('embedder/embed', { inputs: ['a station', 'x'] });
    near(two[1]!, vectorOf(whole[1]!));
    const short = { inputs: 'a station', normalize: false, dimensions: 4 };
    near((await answer<number[][]>('embedder/embed', short))[0]!, vectorOf(plain[0]!));
    const [tokens] = await answer<{ id: number }[][]>('embedder/tokenize', { inputs: 'a station' });
    const ids = tokens!.map(({ id }) => id);
    near((await answer<number[][]>('embedder/embed', { inputs: ids }))[0]!, vectorOf(whole[0]!));
    const rows = await answer<number[][]>('embedder/embed', { inputs: [ids, ids.slice(1, -1)] });
    for (const row of rows) near(row, vectorOf(whole[0]!));
    const all = await answer<number[][][]>('embedder/embed_all', { inputs: [ids, ids] });
    expect(all.map((vectors) => vectors.length)).toEqual([ids.length, ids.length]);
    expect((await ask('embedder/embed_sparse', { inputs: 'x' })).status).toBe(424);
  });

  it('compares sentences', async () => {
    const sentences = ['a train', 'soup'];
    const vectors = (await native(world, 'embedder', 'embed', ['a station', ...sentences])).map(vectorOf);
    const inputs = { source_sentence: 'a station', sentences };
    const parameters = { truncate: true, truncation_direction: 'Left', prompt_name: 'query' };
    const found = await answer<number[]>('embedder/similarity', { inputs, parameters });
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    near(found, [dot(vectors[0]!, vectors[1]!), dot(vectors[0]!, vectors[2]!)]);
  });

  it('embeds as OpenAI does', async () => {
    const [output] = await native(world, 'embedder', 'embed', ['hello']);
    for (const path of ['embedder/v1/embeddings', 'embedder/embeddings']) {
      const found = await answer<{ data: { embedding: number[] }[] }>(path, { input: 'hello' });
      near(found.data[0]!.embedding, vectorOf(output!));
    }
    const { status, body } = await ask('embedder/v1/embeddings', { input: [] });
    expect([status, body]).toMatchObject([
      400,
      { code: 400, error_type: 'Empty', message: expect.any(String) },
    ]);
  });

  it('does at its root what the model is for', async () => {
    expect(await answer('sentiment/', { inputs: 'x' })).toEqual(
      await answer('sentiment/predict', { inputs: 'x' }),
    );
    const query = { query: 'q', texts };
    expect(await answer('reranker', query)).toEqual(await answer('reranker/rerank', query));
    expect(await answer('library/sentiment/predict', { inputs: 'x' })).toHaveLength(2);
    expect(await answer('embedder@1', { inputs: 'x' })).toHaveLength(1);
  });
});

describe('tokens', () => {
  it('are told with their places in bytes', async () => {
    const text = 'Zoë 👋 moved';
    const [tokens] = await answer<
      { id: number; text: string; special: boolean; start: number | null; stop: number | null }[][]
    >('embedder/tokenize', { inputs: text });
    const bytes = Buffer.from(text);
    for (const { text: slice, special, start, stop } of tokens!) {
      if (special) expect([start, stop]).toEqual([null, null]);
      else expect(bytes.subarray(start!, stop!).toString()).toBe(slice);
    }
    expect(tokens!.filter(({ special }) => special)).toHaveLength(2);
    const bare = await answer<unknown[][]>('embedder/tokenize', {
      inputs: [text],
      add_special_tokens: false,
    });
    expect(bare[0]).toHaveLength(tokens!.length - 2);
  });

  it('become texts again', async () => {
    const [tokens] = await answer<{ id: number }[][]>('embedder/tokenize', { inputs: 'a station in Paris' });
    const ids = tokens!.map(({ id }) => id);
    expect(await answer('embedder/decode', { ids })).toEqual(['a station in Paris']);
    const kept = await answer<string[]>('embedder/decode', { ids: [ids, ids], skip_special_tokens: false });
    expect(kept).toHaveLength(2);
    expect(kept[0]).toContain('[CLS]');
    expect((await ask('embedder/decode', { ids: [2 ** 31] })).status).toBe(422);
  });
});

describe('what the server says of itself', () => {
  it('is told without a key, and of no model', async () => {
    for (const route of ['/health', '/ping', '', '/', '/metrics'])
      for (const model of ['sentiment', 'no']) expect((await get(model + route)).status).toBe(200);
  });

  it('tells the model to who has a key', async () => {
    expect((await get('sentiment/info')).status).toBe(401);
    const info = (await (await get('sentiment/info', world.heddle.key)).json()) as object;
    const { commit } = (await (await fetch(`${world.heddle.url}/healthz`)).json()) as { commit: unknown };
    expect(info).toEqual({
      model_id: 'sentiment',
      model_sha: expect.stringMatching(/^[\da-f]{64}$/),
      model_dtype: 'float32',
      served_model_name: 'sentiment',
      model_type: {
        classifier: {
          id2label: { 0: 'negative', 1: 'positive' },
          label2id: { negative: 0, positive: 1 },
        },
      },
      max_concurrent_requests: expect.any(Number),
      max_input_length: 512,
      max_batch_tokens: expect.any(Number),
      max_batch_requests: null,
      max_client_batch_size: 32,
      auto_truncate: true,
      tokenization_workers: expect.any(Number),
      version: expect.any(String),
      sha: commit,
      docker_label: null,
    });
    const types = await Promise.all(
      ['reranker', 'embedder'].map(async (name) => (await get(`${name}/info`, world.heddle.key)).json()),
    );
    expect(types).toMatchObject([
      { model_type: { reranker: { label2id: { relevant: 0 } } } },
      { model_type: { embedding: { pooling: 'mean' } } },
    ]);
  });
});

describe('errors', () => {
  const many = Array.from({ length: 33 }, () => 'x');
  it.each([
    ['no inputs', 'sentiment/predict', { inputs: [] }, 400, 'Empty'],
    ['no texts', 'reranker/rerank', { query: 'q', texts: [] }, 400, 'Empty'],
    ['an empty text', 'sentiment/predict', { inputs: '' }, 422, 'Validation'],
    ['a wrong field', 'sentiment/predict', { inputs: 1 }, 422, 'Validation'],
    ['no JSON', 'sentiment/predict', '{', 400, 'Validation'],
    ['too many inputs', 'embedder/embed', { inputs: many }, 422, 'Validation'],
    ['too many texts', 'reranker/rerank', { query: 'q', texts: many }, 422, 'Validation'],
    [
      'too many sentences',
      'embedder/similarity',
      { inputs: { source_sentence: 'x', sentences: many.slice(1) } },
      422,
      'Validation',
    ],
    ['a wrong model', 'sentiment/embed', { inputs: 'x' }, 424, 'Backend'],
    ['no model', 'no/predict', { inputs: 'x' }, 404, 'NotFound'],
    ['a large body', 'sentiment/predict', `"${'x'.repeat(9_000_000)}"`, 413, 'Validation'],
  ])('%s', async (_, path, body, status, type) => {
    const found = await ask(path, body);
    expect([found.status, found.body]).toEqual([status, { error: expect.any(String), error_type: type }]);
  });

  it('a wrong key, and one that may not infer', async () => {
    const found = await post(world, '/tei/sentiment/predict', { inputs: 'x' }, 'hdl_no');
    expect([found.status, found.body]).toMatchObject([401, { error_type: 'Unauthorized' }]);
  });
});
