import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alike, labelsOf, native, near, post, rankingOf, vectorOf } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
beforeAll(async () => {
  world = await startDialectWorld();
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const infer = (model: string, body: unknown) => post(world, `/oip/v2/models/${model}/infer`, body);
const texts = (data: unknown[], shape = [data.length]) => ({ name: 'text', datatype: 'BYTES', shape, data });
interface Response {
  model_name: string;
  model_version: string;
  id?: string;
  outputs: { name: string; datatype: string; shape: number[]; data: never[] }[];
}

describe('inference', () => {
  it('takes texts flat or nested, as JSON', async () => {
    const expected = await native(world, 'sentiment', 'text-classification', ['good', 'bad']);
    for (const tensor of [texts(['good', 'bad']), texts([['good'], ['bad']], [2, 1])]) {
      const parameters = { content_type: 'str' };
      const { status, body } = await infer('sentiment', { id: 'a', inputs: [{ ...tensor, parameters }] });
      expect(status, JSON.stringify(body)).toBe(200);
      const { outputs, ...model } = body as Response;
      expect(model).toEqual({ model_name: 'sentiment', model_version: '1', id: 'a' });
      expect(outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
        ['label', 'BYTES', [2]],
        ['score', 'FP32', [2]],
        ['logits', 'FP32', [2, 2]],
      ]);
      expect(outputs[0]!.data).toEqual(expected.map((output) => labelsOf(output)[0]!.label));
      near(
        outputs[1]!.data,
        expected.map((output) => labelsOf(output)[0]!.score),
      );
    }
  });

  it('takes versions, owners and parameters', async () => {
    const inputs = [texts(['x'])];
    expect((await infer('sentiment/versions/1', { inputs })).status).toBe(200);
    expect((await infer('library/sentiment', { inputs })).status).toBe(200);
    const raw = await infer('sentiment', { inputs, parameters: { function_to_apply: 'none' } });
    const { outputs } = raw.body as Response;
    near(outputs[1]!.data, [Math.max(...(outputs[2]!.data as number[]))]);
  });

  it('gives entities and answers as JSON, and the logits of every token', async () => {
    const places = ['Angela Merkel spoke in Paris', 'Paris'];
    const asked = { return_logits: true };
    const entities = await native(world, 'ner', 'token-classification', places, asked);
    expectTokens((await infer('ner', { inputs: [texts(places)] })).body as Response, entities as Tokens[]);
    const question = { question: 'Who wrote it?', context: 'It was written by Ada.' };
    const answers = await native(world, 'qa', 'question-answering', [question], asked);
    const inputs = [texts([question.question]), { ...texts([question.context]), name: 'text_pair' }];
    expectTokens((await infer('qa', { inputs })).body as Response, answers as Tokens[]);
    const alone = await infer('qa', { inputs, outputs: [{ name: 'output_json' }] });
    expect((alone.body as Response).outputs.map(({ name }) => name)).toEqual(['output_json']);
  });

  interface Tokens {
    logits: number[][];
  }
  function expectTokens({ outputs: [json, logits] }: Response, expected: Tokens[]): void {
    for (const [i, { logits: _, ...output }] of expected.entries()) alike(JSON.parse(json!.data[i]!), output);
    const width = expected[0]!.logits[0]!.length;
    const tokens = Math.max(...expected.map(({ logits: rows }) => rows.length));
    expect(logits).toMatchObject({
      name: 'logits',
      datatype: 'FP32',
      shape: [expected.length, tokens, width],
    });
    for (const [i, { logits: rows }] of expected.entries()) {
      const start = i * tokens * width;
      const own = rows.flat();
      near(logits!.data.slice(start, start + own.length), own);
      near(
        logits!.data.slice(start + own.length, start + tokens * width),
        Array(tokens * width - own.length).fill(0),
      );
    }
  }

  it('answers the other tasks by their outputs', async () => {
    const pair = (one: string, other: string) => [texts([one]), { ...texts([other]), name: 'text_pair' }];
    const outputsOf = async (model: string, body: object) => {
      const { status, body: found } = await infer(model, body);
      expect(status, JSON.stringify(found)).toBe(200);
      return new Map((found as Response).outputs.map((tensor) => [tensor.name, tensor]));
    };
    const ranked = await native(world, 'reranker', 'rerank', [{ query: 'q', documents: ['a'] }]);
    const inputs = pair('q', 'a');
    const score = async (model: string, body: object) => (await outputsOf(model, body)).get('score')!.data;
    near(await score('reranker', { inputs }), [rankingOf(ranked[0]!)[0]!.score]);
    const [reward] = await native(world, 'reranker', 'score', [{ text: 'q', text_pair: 'a' }]);
    const raw = [(reward as { score: number }).score];
    near(await score('reranker', { inputs, parameters: { task: 'score' } }), raw);
    near(await score('reranker', { inputs, parameters: { raw_scores: true } }), raw);

    const [several] = await native(world, 'toxicity', 'text-classification', ['you fool']);
    const labels = await outputsOf('toxicity', {
      inputs: [texts(['you fool'])],
      parameters: { top_k: 1, threshold: 0.9 },
    });
    expect(labels.get('label')!.data).toEqual([labelsOf(several!)[0]!.label]);
    near(labels.get('score')!.data, [labelsOf(several!)[0]!.score]);
    expect(labels.get('logits')!.shape).toEqual([1, 4]);

    for (const given of [pair('a cat', 'a feline'), [texts(['a cat'])]]) {
      const item = given.length === 1 ? 'a cat' : { text: 'a cat', text_pair: 'a feline' };
      const [number] = await native(world, 'stsb', 'text-classification', [item]);
      near(await score('stsb', { inputs: given }), [(number as { value: number }).value]);
    }
    const [filled] = await native(world, 'mlm', 'fill-mask', ['a [MASK]'], { top_k: 2 });
    const masked = { inputs: [texts(['a [MASK]'])], parameters: { top_k: 2 } };
    alike(JSON.parse((await outputsOf('mlm', masked)).get('output_json')!.data[0]!), filled);
    const [vector] = await native(world, 'embedder', 'embed', ['a cat'], { dimensions: 3 });
    const parameters = { dimensions: 3, level: 'token', encoding: 'base64' };
    const embedded = await outputsOf('embedder', { inputs: [texts(['a cat'])], parameters });
    expect(embedded.get('embedding')!.shape).toEqual([1, 3]);
    near(embedded.get('embedding')!.data, vectorOf(vector!));
  });

  it.each([
    ['data that does not fill its shape', { inputs: [texts(['x'], [2])] }],
    ['a type that it does not have', { inputs: [{ ...texts(['x']), datatype: 'FP64' }] }],
    ['numbers for texts', { inputs: [texts([1])] }],
    ['an output that the model does not have', { inputs: [texts(['x'])], outputs: [{ name: 'no' }] }],
    ['no inputs', { inputs: [] }],
    ['no texts', { inputs: [texts([])] }],
    ['a task that the model does not do', { inputs: [texts(['x'])], parameters: { task: 'embed' } }],
    [
      'ids of several shapes',
      { inputs: [{ name: 'input_ids', datatype: 'INT64', shape: [2], data: [1, 2] }] },
    ],
    [
      'bytes that are not there',
      { inputs: [{ ...texts([]), data: undefined, shape: [1], parameters: { binary_data_size: 9 } }] },
    ],
    ['no JSON', '{'],
  ])('refuses %s', async (_, body) => {
    const found = await infer('sentiment', body);
    expect([found.status, found.body]).toEqual([400, { error: expect.any(String) }]);
  });

  it('takes as many numbers in JSON as tensors have', async () => {
    const ids = Array.from({ length: 8 * 150 }, (_, i) => (i % 150 === 0 ? 1 : i % 150 === 149 ? 2 : 300));
    const tensor = (name: string, data: number[]) => ({ name, datatype: 'INT64', shape: [8, 150], data });
    const found = await infer('sentiment', { inputs: [tensor('input_ids', ids)] });
    expect(found.status, JSON.stringify(found.body)).toBe(200);
  });

  it('refuses a header that says more than there is, and bytes too many', async () => {
    const send = (body: string, length: string) =>
      fetch(`${world.heddle.url}/oip/v2/models/sentiment/infer`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'inference-header-content-length': length,
        },
        body,
      });
    const json = JSON.stringify({ inputs: [texts(['x'])] });
    for (const [body, length] of [
      [json, '9999999'],
      [json, 'x'],
      [`${json}more`, String(json.length)],
    ] as const)
      expect((await send(body, length)).status).toBe(400);
    expect((await send(json, String(json.length))).status).toBe(200);
  });
});

describe('what the server says of itself and of its models', () => {
  const get = async (path: string, key: string | null = world.heddle.key) => {
    const response = await fetch(`${world.heddle.url}/oip/v2${path}`, {
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
    });
    return [response.status, await response.json()];
  };

  it('is that it lives and is ready, without a key', async () => {
    expect(await get('/health/live', null)).toEqual([200, { live: true }]);
    expect(await get('/health/ready', null)).toEqual([200, { ready: true }]);
    expect(await get('', null)).toEqual([
      200,
      { name: 'heddle', version: expect.any(String), extensions: expect.any(Array) },
    ]);
  });

  it('is which models are ready, by name and by version', async () => {
    for (const path of ['', '/versions/1']) {
      const name = 'sentiment';
      expect(await get(`/models/sentiment${path}/ready`)).toEqual([200, { name, ready: true }]);
      expect(await get(`/models/sentiment${path}/config`)).toEqual([
        200,
        { name, platform: 'onnx_onnxv1', max_batch_size: 0 },
      ]);
      expect(await get(`/models/sentiment${path}`)).toMatchObject([200, { name, versions: ['1'] }]);
      expect(await get(`/models/sentiment${path}`, null)).toEqual([401, { error: expect.any(String) }]);
      expect(await get(`/models/no${path}`)).toEqual([404, { error: expect.any(String) }]);
    }
    await world.client.request('POST', '/v1/models', { name: 'empty' });
    expect(await get('/models/empty/ready')).toEqual([503, { name: 'empty', ready: false }]);
  });

  it.each([
    ['nli', ['label', 'BYTES', [-1]], ['score', 'FP32', [-1]], ['logits', 'FP32', [-1, 3]]],
    ['reranker', ['score', 'FP32', [-1]]],
    ['embedder', ['embedding', 'FP32', [-1, 256]]],
    ['ner', ['output_json', 'BYTES', [-1]], ['logits', 'FP32', [-1, -1, 13]]],
    ['qa', ['output_json', 'BYTES', [-1]], ['logits', 'FP32', [-1, -1, 2]]],
    ['mlm', ['output_json', 'BYTES', [-1]]],
  ])('is of which tensors the answers of %s are', async (model, ...expected) => {
    const [, metadata] = await get(`/models/${model}`);
    const { platform, outputs, inputs } = metadata as {
      platform: string;
      [tensors: string]: unknown;
    } & Record<'inputs' | 'outputs', Response['outputs']>;
    expect(platform).toBe('onnx_onnxv1');
    expect(outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual(expected);
    expect(inputs[0]).toEqual({ name: 'text', datatype: 'BYTES', shape: [-1] });
  });
});

describe('the repository', () => {
  it('is listed', async () => {
    const { body } = await post(world, '/oip/v2/repository/index', '');
    expect(body).toContainEqual({ name: 'sentiment', version: '1', state: 'READY', reason: '' });
  });

  it('is the operator’s to load and to unload', async () => {
    const key = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'infers',
      scopes: ['infer'],
    });
    for (const verb of ['load', 'unload']) {
      const path = `/oip/v2/repository/models/sentiment/${verb}`;
      expect((await post(world, path, {}, key.secret)).status).toBe(403);
      // The first key may operate.
      expect(await post(world, path, '')).toMatchObject({ status: 200, body: {} });
    }
  });
});
