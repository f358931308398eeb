import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, nearLabels, post, rankingOf, vectorOf } from './compare.js';
import { DIALECTS, type Dialect, ROUTES, type Route } from './routes.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

/** Each asks every route once. */
const RUNS = 8;
const PROPERTY_TIMEOUT_MS = 240_000;
const MODELS = { classifier: 'sentiment', embedder: 'embedder', reranker: 'reranker' };
const QUERY = 'q';

let world: DialectWorld;
beforeAll(async () => {
  world = await startDialectWorld();
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

type Labels = { label: string; score: number }[];
type Ranking = { index: number; score: number }[];
interface Tensor {
  name: string;
  shape: number[];
  data: number[];
}

/** How each route shows what it says of its first text. */
const LABELS: Record<string, (body: never) => Labels> = {
  '/v1/jobs': ({ results: [{ output }] }: { results: [{ output: { labels: Labels } }] }) => output.labels,
  replicate: ({ output }: { output: { labels: Labels } | { labels: Labels }[] }) =>
    [output].flat()[0]!.labels,
  moderations: ({ results: [one] }: { results: [{ category_scores: Record<string, number> }] }) =>
    Object.entries(one.category_scores).map(([label, score]) => ({ label, score })),
  classifications: ({ data: [one] }: { data: [{ labels: Labels }] }) => one.labels,
  '/cohere/v1/classify': ({
    classifications: [one],
  }: {
    classifications: [{ labels: Record<string, { confidence: number }> }];
  }) => Object.entries(one.labels).map(([label, { confidence }]) => ({ label, score: confidence })),
  tei: ([labels]: [Labels]) => labels,
  hf: ([labels]: [Labels]) => labels,
  oip: ({ outputs }: { outputs: Tensor[] }) => {
    const { data, shape } = outputs.find(({ name }) => name === 'logits')!;
    const powers = data.slice(0, shape[1]).map(Math.exp);
    const sum = powers.reduce((total, value) => total + value, 0);
    return ['negative', 'positive'].map((label, i) => ({ label, score: powers[i]! / sum }));
  },
};
const VECTORS: Record<string, (body: never) => number[]> = {
  embeddings: ({ data: [one] }: { data: [{ embedding: number[] }] }) => one.embedding,
  '/cohere/v2/embed': ({ embeddings }: { embeddings: { float: number[][] } }) => embeddings.float[0]!,
  '/tei/{model}/embed': ([vector]: [number[]]) => vector,
  '/tei/{model}/embeddings': ({ data: [one] }: { data: [{ embedding: number[] }] }) => one.embedding,
  '/tei/{model}/v1/embeddings': ({ data: [one] }: { data: [{ embedding: number[] }] }) => one.embedding,
  '/hf/{model}/pipeline/feature-extraction': ([vector]: [number[]]) => vector,
  // The mean of the vectors of its tokens, which are not of length 1.
  '/tei/{model}/embed_all': ([tokens]: [number[][]]) =>
    normalized(tokens[0]!.map((_, i) => tokens.reduce((sum, token) => sum + token[i]!, 0) / tokens.length)),
};
const COSINES = ['/tei/{model}/similarity', '/hf/{model}/pipeline/sentence-similarity'];
const RANKINGS: Record<string, (body: never) => Ranking> = {
  cohere: ({ results }: { results: { index: number; relevance_score: number }[] }) =>
    results.map(({ index, relevance_score: score }) => ({ index, score })),
  tei: (ranking: Ranking) => ranking,
  hf: (ranking: Ranking) => ranking,
};

function normalized(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const readerOf = <Reader>(readers: Record<string, Reader>, { name, dialect }: Route): Reader | undefined =>
  readers[name] ?? readers[dialect];

async function ask(route: Route, texts: string[], more: object = {}) {
  const model = MODELS[route.kind];
  const body = { ...route.body(model, texts), ...more };
  return post(world, route.path(model), body, world.heddle.key, { prefer: 'wait=60' });
}

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((one) => one.isWellFormed() && !one.includes('\0'));
/** Texts that are none, or too long for any route. */
const bad = fc.constantFrom('', 'a\u0000b', 'x'.repeat(200_001));
const LONG = Array.from({ length: 3_000 }, (_, i) => `word${i}`).join(' ');
/** What a text that is no text, or that is too long, is refused with. */
const STATUSES: Record<Dialect, number> = {
  native: 422,
  replicate: 422,
  openai: 400,
  cohere: 422,
  tei: 422,
  hf: 422,
  oip: 400,
};

describe('every route of every dialect', () => {
  const property = <Value>(values: fc.Arbitrary<Value>, holds: (value: Value) => Promise<void>) =>
    fc.assert(fc.asyncProperty(values, holds), { numRuns: RUNS });
  const each = (kind: Route['kind'], work: (route: Route) => Promise<void>) =>
    Promise.all(ROUTES.filter((route) => route.kind === kind).map(work));
  const answered = async (route: Route, texts: string[], more = {}) => {
    const { status, body } = await ask(route, texts, more);
    expect([route.name, status < 300, body]).toEqual([route.name, true, body]);
    return body;
  };

  it('has the labels of the native API', { timeout: PROPERTY_TIMEOUT_MS }, () =>
    property(fc.tuple(text, text), async (texts) => {
      const [expected] = await native(world, 'sentiment', 'text-classification', texts);
      await each('classifier', async (route) =>
        nearLabels(readerOf(LABELS, route)!(await answered(route, texts)), labelsOf(expected!)),
      );
    }),
  );

  it('has its vectors, and their cosines', { timeout: PROPERTY_TIMEOUT_MS }, () =>
    property(fc.tuple(text, text), async (texts) => {
      const outputs = await native(world, 'embedder', 'embed', [...texts, 'x']);
      const [first, second, source] = outputs.map(vectorOf);
      const cosine = (vector: number[]) => vector.reduce((sum, value, i) => sum + value * source![i]!, 0);
      await each('embedder', async (route) => {
        const body = await answered(route, texts);
        if (COSINES.includes(route.name)) near(body, [cosine(first!), cosine(second!)]);
        else near(VECTORS[route.name]!(body), first!);
      });
    }),
  );

  it('has its rankings', { timeout: PROPERTY_TIMEOUT_MS }, () =>
    property(fc.tuple(text, text), async (documents) => {
      const [expected] = await native(world, 'reranker', 'rerank', [{ query: QUERY, documents }]);
      const scores = new Map(rankingOf(expected!).map(({ index, score }) => [index, score]));
      await each('reranker', async (route) => {
        const ranking = readerOf(RANKINGS, route)!(await answered(route, documents));
        expect(ranking.map(({ index }) => index).sort()).toEqual([0, 1]);
        near(
          ranking.map(({ score }) => score),
          ranking.map(({ index }) => scores.get(index)!),
        );
      });
    }),
  );

  it('refuses what it refuses', { timeout: PROPERTY_TIMEOUT_MS }, () =>
    property(fc.tuple(bad, fc.boolean()), async ([one, alone]) => {
      const found = await Promise.all(
        ROUTES.map(async (route) => {
          const { status } = await ask(route, alone ? [one] : ['x', one]);
          return [route.name, status];
        }),
      );
      expect(found).toEqual(ROUTES.map(({ name, dialect }) => [name, STATUSES[dialect]]));
    }),
  );

  it.each(ROUTES.filter(({ uncut }) => uncut !== null))(
    'fails with what is too long, also beside what is not: $name',
    async (route) => {
      for (const texts of [[LONG], ['x', LONG]]) {
        const { status, body } = await ask(route, texts, route.uncut!);
        if (route.dialect === 'native' || route.dialect === 'replicate') {
          // Of several, the others are answered.
          const { status: state } = body as { status: string };
          expect([status, state]).toEqual([201, texts.length === 1 ? 'failed' : 'succeeded']);
          continue;
        }
        expect([status, JSON.stringify(body)]).toEqual([
          STATUSES[route.dialect],
          expect.stringMatching(/The input has \d+ tokens; the model takes 512/),
        ]);
        if (route.dialect === 'openai')
          expect(body).toMatchObject({
            error: { code: 'context_length_exceeded', param: `input[${texts.length - 1}]` },
          });
        if (route.dialect === 'tei') expect(body).toMatchObject({ error_type: 'Validation' });
      }
    },
  );

  it('does not mind fields that it does not know, but for the native one', async () => {
    const unknown = { colour: 'red' };
    for (const route of ROUTES.filter(({ dialect }) => dialect !== 'native'))
      await answered(route, ['x'], unknown);
    expect((await ask(ROUTES[0]!, ['x'], unknown)).status).toBe(422);
  });

  it('makes jobs that bear its name, come first and are kept for an hour', async () => {
    for (const dialect of DIALECTS.filter((name) => name !== 'native')) {
      const route = ROUTES.find((one) => one.dialect === dialect)!;
      await answered(route, ['x']);
      const { data } = await world.client.list(`source=${dialect}&limit=1`);
      expect(data[0]).toMatchObject({ source: dialect, priority: 'high' });
      const kept = Date.parse(data[0]!.expires_at!) - Date.parse(data[0]!.completed_at!);
      expect([dialect, kept]).toEqual([dialect, 3_600_000]);
    }
  });
});
