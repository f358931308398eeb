import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, nearLabels, post, rankingOf, vectorOf } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

const QUERY = 'what is the capital of France';
const DOCUMENTS = ['Berlin is a city', 'Paris is the capital of France', 'I loved it'];

let world: DialectWorld;
let v2: CohereClientV2;
let v1: CohereClient;
beforeAll(async () => {
  world = await startDialectWorld();
  const options = { token: world.heddle.key, maxRetries: 0 };
  // The address has two names.
  v2 = new CohereClientV2({ ...options, environment: `${world.heddle.url}/cohere` });
  v1 = new CohereClient({ ...options, baseUrl: `${world.heddle.url}/cohere` });
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const ranking = async (parameters = {}) =>
  rankingOf(
    (await native(world, 'reranker', 'rerank', [{ query: QUERY, documents: DOCUMENTS }], parameters))[0]!,
  );

describe('Cohere’s client', () => {
  it('ranks, best first, as the native API does', async () => {
    const answer = await v2.rerank({ model: 'reranker', query: QUERY, documents: DOCUMENTS });
    const expected = await ranking();
    expect(answer.results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
    near(
      answer.results.map(({ relevanceScore }) => relevanceScore),
      expected.map(({ score }) => score),
    );
    expect(answer.meta).toMatchObject({ apiVersion: { version: '2' }, billedUnits: { searchUnits: 1 } });
    expect(answer.meta!.tokens!.inputTokens).toBeGreaterThan(10);
  });

  it('asks for the best, and for less of each document', async () => {
    const answer = await v2.rerank({
      model: 'reranker',
      query: QUERY,
      documents: DOCUMENTS,
      topN: 1,
      maxTokensPerDoc: 2,
    });
    const [expected] = await ranking({ max_tokens_per_doc: 2 });
    expect(answer.results).toHaveLength(1);
    near([answer.results[0]!.relevanceScore], [expected!.score]);
  });

  it('gives documents back in the first version', async () => {
    const documents = [DOCUMENTS[0]!, { text: DOCUMENTS[1]! }];
    const answer = await v1.rerank({ model: 'reranker', query: QUERY, documents, returnDocuments: true });
    expect(answer.results).toHaveLength(2);
    for (const { index, document } of answer.results) expect(document!.text).toBe(DOCUMENTS[index]);
    const without = await v1.rerank({ model: 'reranker', query: QUERY, documents });
    expect(without.results[0]!.document).toBeUndefined();
  });

  it('classifies', async () => {
    const inputs = ['I loved it', 'Two hours I will never get back'];
    const { classifications } = await v1.classify({ model: 'sentiment', inputs });
    const expected = await native(world, 'sentiment', 'text-classification', inputs);
    expect(classifications.map(({ input }) => input)).toEqual(inputs);
    for (const [i, one] of classifications.entries()) {
      const labels = Object.entries(one.labels).map(([label, { confidence }]) => ({
        label,
        score: confidence!,
      }));
      nearLabels(labels, labelsOf(expected[i]!));
      expect(one.classificationType).toBe('single-label');
      expect(one.prediction).toBe(labelsOf(expected[i]!)[0]!.label);
    }
  });

  it('embeds', async () => {
    const texts = ['a station', 'a train'];
    const answer = await v2.embed({
      model: 'embedder',
      texts,
      inputType: 'search_document',
      embeddingTypes: ['float'],
    });
    const expected = await native(world, 'embedder', 'embed', texts);
    for (const [i, vector] of answer.embeddings.float!.entries()) near(vector, vectorOf(expected[i]!));
  });

  it('has its classes of errors', async () => {
    const fails = (call: Promise<unknown>) =>
      call.then(
        () => null,
        (error: Error) => error.constructor.name,
      );
    const ask = (body: object) =>
      fails(v2.rerank({ model: 'reranker', query: 'q', documents: ['a'], ...body }));
    expect(await ask({ model: 'no' })).toBe('NotFoundError');
    expect(await ask({ documents: [] })).toBe('UnprocessableEntityError');
    expect(await ask({ model: 'sentiment' })).toBe('UnprocessableEntityError');
    const tooMany = Array.from({ length: 1_001 }, () => 'x');
    expect(await ask({ documents: tooMany })).toBe('UnprocessableEntityError');
    const examples = [{ text: 'x', label: 'y' }];
    expect(await fails(v1.classify({ model: 'sentiment', inputs: ['x'], examples }))).toBe(
      'UnprocessableEntityError',
    );
    const inputs = Array.from({ length: 97 }, () => 'x');
    expect(await fails(v1.classify({ model: 'sentiment', inputs }))).toBe('UnprocessableEntityError');
    const stranger = new CohereClientV2({ token: 'hdl_no', environment: `${world.heddle.url}/cohere` });
    expect(await fails(stranger.rerank({ model: 'reranker', query: 'q', documents: ['a'] }))).toBe(
      'UnauthorizedError',
    );
  });
});

describe('the routes of Cohere and Jina', () => {
  it('have errors of a message and the id of the request', async () => {
    const malformed = await post(world, '/cohere/v2/rerank', '{');
    expect(malformed.status).toBe(400);
    expect(malformed.body).toEqual({
      message: expect.any(String),
      id: malformed.headers.get('x-request-id'),
    });
    const large = await post(world, '/cohere/v2/rerank', `"${'x'.repeat(9_000_000)}"`);
    expect(large.status).toBe(422);
    const missing = await post(world, '/cohere/v2/nothing', {});
    expect(missing.status).toBe(404);
    const long = { model: 'sentiment', inputs: ['word '.repeat(3_000)], truncate: 'NONE' };
    expect((await post(world, '/cohere/v1/classify', long)).status).toBe(422);
  });

  it('rank with the priority that was asked for', async () => {
    for (const [priority, expected] of [
      [undefined, 'high'],
      [0, 'high'],
      [3, 'normal'],
      [10, 'low'],
    ]) {
      const body = { model: 'reranker', query: 'q', documents: ['a'], priority, relevant_spans: 1 };
      const { body: answer } = await post(world, '/cohere/v2/rerank', body);
      const job = await world.client.request('GET', `/v1/jobs/${(answer as { id: string }).id}`);
      expect(job).toMatchObject({ priority: expected, source: 'cohere', task: 'rerank' });
    }
  });

  it('give Jina’s clients their documents, and the tokens', async () => {
    const body = { model: 'reranker', query: QUERY, documents: [DOCUMENTS[0], { text: DOCUMENTS[1] }] };
    const { status, body: answer } = await post(world, '/jina/v1/rerank', body);
    expect(status).toBe(200);
    const { model, results, usage } = answer as {
      model: string;
      usage: { total_tokens: number };
      results: { index: number; relevance_score: number; document: { text: string } }[];
    };
    expect(model).toBe('reranker');
    expect(usage.total_tokens).toBeGreaterThan(5);
    for (const { index, document } of results) expect(document.text).toBe(DOCUMENTS[index]);
    const without = await post(world, '/jina/v1/rerank', { ...body, return_documents: false });
    expect((without.body as { results: object[] }).results[0]).not.toHaveProperty('document');
  });
});
