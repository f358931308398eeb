import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, nearLabels, post, rankingOf, vectorOf } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
let hf: InferenceClient;
beforeAll(async () => {
  world = await startDialectWorld();
  hf = new InferenceClient(world.heddle.key);
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const at = (model: string) => `${world.heddle.url}/hf/${model}`;

describe('Hugging Face’s client', () => {
  it('classifies texts', async () => {
    const [expected] = await native(world, 'sentiment', 'text-classification', ['I loved it']);
    nearLabels(
      await hf.textClassification({ endpointUrl: at('sentiment'), inputs: 'I loved it' }),
      labelsOf(expected!),
    );
    const parameters = { top_k: 1, function_to_apply: 'sigmoid' } as const;
    const best = await hf.textClassification({
      endpointUrl: at('library/sentiment'),
      inputs: 'x',
      parameters,
    });
    expect(best).toHaveLength(1);
  });

  it('finds entities', async () => {
    const text = 'Angela Merkel spoke in Paris';
    const [expected] = await native(world, 'ner', 'token-classification', [text]);
    const found = await hf.tokenClassification({ endpointUrl: at('ner'), inputs: text });
    expect(found).toEqual((expected as { entities: unknown }).entities);
    for (const { word, start, end } of found) expect(text.slice(start, end)).toBe(word);
  });

  it('classifies by candidates', async () => {
    const labels = ['sport', 'politics'];
    const [expected] = await native(world, 'nli', 'zero-shot-classification', ['The match ended 2-1'], {
      candidate_labels: labels,
    });
    const found = await hf.zeroShotClassification({
      endpointUrl: at('nli'),
      inputs: 'The match ended 2-1',
      parameters: { candidate_labels: labels },
    });
    nearLabels(found as never, labelsOf(expected!));
  });

  it('makes vectors, and compares sentences', async () => {
    const vectors = (await native(world, 'embedder', 'embed', ['a station', 'a train'])).map(vectorOf);
    const one = (await hf.featureExtraction({
      endpointUrl: at('embedder'),
      inputs: 'a station',
    })) as number[][];
    near(one[0]!, vectors[0]!);
    const two = (await hf.featureExtraction({
      endpointUrl: at('embedder'),
      inputs: ['a station', 'a train'],
      normalize: true,
    })) as number[][];
    near(two[1]!, vectors[1]!);
    const similar = await hf.sentenceSimilarity({
      endpointUrl: at('embedder'),
      inputs: { source_sentence: 'a station', sentences: ['a train'] },
    });
    near(similar, [vectors[0]!.reduce((sum, value, i) => sum + value * vectors[1]![i]!, 0)]);
  });

  it('hears of errors, and does not ask again', async () => {
    const ask = (endpointUrl: string) => hf.textClassification({ endpointUrl, inputs: 'x' });
    await expect(ask(at('no'))).rejects.toMatchObject({ httpResponse: { status: 404 } });
    await expect(
      new InferenceClient('hdl_no').textClassification({ endpointUrl: at('sentiment'), inputs: 'x' }),
    ).rejects.toMatchObject({ httpResponse: { status: 401 } });
  });
});

describe('the routes of Hugging Face', () => {
  const ask = (model: string, body: unknown) => post(world, `/hf/${model}`, body);

  it('answer lists with lists, labels of one text in a list', async () => {
    const { body: one } = await ask('sentiment', { inputs: 'x' });
    expect((one as unknown[][]).map((labels) => labels.length)).toEqual([2]);
    const { body: pairs } = await ask('nli', { inputs: ['x', { text: 'x', text_pair: 'y' }] });
    expect((pairs as unknown[][]).map((labels) => labels.length)).toEqual([3, 3]);
    const candidates = { parameters: { candidate_labels: ['a', 'b'] } };
    const { body: list } = await ask('nli', { inputs: ['x', 'y'], ...candidates });
    expect((list as unknown[][]).map((labels) => labels.length)).toEqual([2, 2]);
    const { body: entities } = await ask('ner', { inputs: ['Paris', 'London'] });
    expect(entities).toHaveLength(2);
    const none = { parameters: { aggregation_strategy: 'none', ignore_labels: [] } };
    const { body: tokens } = await ask('ner', { inputs: 'Paris', ...none });
    expect((tokens as unknown[])[0]).toMatchObject({ entity: expect.any(String), index: 1 });
  });

  it('rank, and take the task in their path', async () => {
    const texts = ['a', 'b'];
    const [output] = await native(world, 'reranker', 'rerank', [{ query: 'q', documents: texts }]);
    const { body } = await ask('reranker', { inputs: { query: 'q', texts } });
    near(
      (body as { score: number }[]).map(({ score }) => score),
      rankingOf(output!).map(({ score }) => score),
    );
    expect((await ask('embedder/pipeline/feature-extraction', { inputs: 'x' })).status).toBe(200);
    expect((await ask('sentiment/pipeline/nothing', { inputs: 'x' })).status).toBe(404);
    expect((await ask('sentiment/', { inputs: 'x', options: { wait_for_model: true } })).status).toBe(200);
  });

  it('cut long texts, and take parameters for vectors beside the inputs or below them', async () => {
    const long = Array.from({ length: 3_000 }, (_, i) => `word${i}`).join(' ');
    expect((await ask('sentiment', { inputs: long })).status).toBe(200);
    const whole = await ask('sentiment', { inputs: long, parameters: { truncate: false } });
    expect([whole.status, whole.body]).toMatchObject([422, { error_type: 'Validation' }]);
    const beside = await ask('embedder', { inputs: long, dimensions: 3, normalize: false });
    const below = await ask('embedder', { inputs: long, parameters: { dimensions: 3, normalize: false } });
    expect((beside.body as number[][])[0]).toHaveLength(3);
    expect(below.body).toEqual(beside.body);
  });

  it.each([
    ['no JSON', 'sentiment', '{', 400],
    ['no inputs', 'sentiment', { inputs: [] }, 400],
    ['a wrong field', 'sentiment', { inputs: 1 }, 422],
    ['a wrong task', 'sentiment', { inputs: { question: 'q', context: 'c' } }, 422],
    ['an item that is none', 'ner', { inputs: [1] }, 422],
    ['a large body', 'sentiment', `"${'x'.repeat(9_000_000)}"`, 413],
  ])('tell of %s', async (_, model, body, status) => {
    const found = await ask(model, body);
    expect([found.status, found.body]).toEqual([
      status,
      { error: expect.any(String), error_type: expect.any(String) },
    ]);
    expect(found.headers.get('content-type')).toContain('application/json');
  });
});
