import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, native, near, nearLabels, post, vectorOf } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

/** Each asks every dialect once. */
const RUNS = 12;
const PROPERTY_TIMEOUT_MS = 240_000;

let world: DialectWorld;
beforeAll(async () => {
  world = await startDialectWorld();
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

type Labels = { label: string; score: number }[];

/** What a dialect says of a text: its labels, or its vector. */
const CLASSIFYING: Record<string, (text: string) => Promise<{ status: number; labels: Labels | null }>> = {
  openai: async (input) => {
    const { status, body } = await post(world, '/openai/v1/classifications', { model: 'sentiment', input });
    return {
      status,
      labels: status === 200 ? (body as { data: { labels: Labels }[] }).data[0]!.labels : null,
    };
  },
  cohere: async (text) => {
    const { status, body } = await post(world, '/cohere/v1/classify', { model: 'sentiment', inputs: [text] });
    if (status !== 200) return { status, labels: null };
    const { classifications } = body as {
      classifications: { labels: Record<string, { confidence: number }> }[];
    };
    const labels = Object.entries(classifications[0]!.labels);
    return { status, labels: labels.map(([label, { confidence }]) => ({ label, score: confidence })) };
  },
  tei: async (inputs) => {
    const { status, body } = await post(world, '/tei/sentiment/predict', { inputs });
    return { status, labels: status === 200 ? body : null };
  },
  hf: async (inputs) => {
    const { status, body } = await post(world, '/hf/sentiment', { inputs });
    return { status, labels: status === 200 ? (body as Labels[])[0]! : null };
  },
  oip: async (text) => {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }];
    const { status, body } = await post(world, '/oip/v2/models/sentiment/infer', { inputs });
    if (status !== 200) return { status, labels: null };
    const [, , logits] = (body as { outputs: { data: number[] }[] }).outputs;
    const powers = logits!.data.map(Math.exp);
    const sum = powers.reduce((total, value) => total + value, 0);
    return {
      status,
      labels: ['negative', 'positive'].map((label, i) => ({ label, score: powers[i]! / sum })),
    };
  },
  replicate: async (text) => {
    const body = { input: { text } };
    const response = await fetch(`${world.heddle.url}/replicate/v1/models/library/sentiment/predictions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.heddle.key}`,
        'content-type': 'application/json',
        prefer: 'wait=60',
      },
      body: JSON.stringify(body),
    });
    const { output } = (await response.json()) as { output?: { labels: Labels } };
    return { status: response.ok ? 200 : response.status, labels: output?.labels ?? null };
  },
};

const EMBEDDING: Record<string, (text: string) => Promise<number[]>> = {
  openai: async (input) => {
    const { body } = await post(world, '/openai/v1/embeddings', { model: 'embedder', input });
    return (body as { data: { embedding: number[] }[] }).data[0]!.embedding;
  },
  cohere: async (text) => {
    const { body } = await post(world, '/cohere/v2/embed', { model: 'embedder', texts: [text] });
    return (body as { embeddings: { float: number[][] } }).embeddings.float[0]!;
  },
  tei: async (inputs) => (await post(world, '/tei/embedder/embed', { inputs })).body[0],
  hf: async (inputs) => (await post(world, '/hf/embedder', { inputs })).body[0],
  oip: async (text) => {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }];
    const { body } = await post(world, '/oip/v2/models/embedder/infer', { inputs });
    return (body as { outputs: { data: number[] }[] }).outputs[0]!.data;
  },
};

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((one) => one.isWellFormed() && !one.includes('\0'));
/** Texts that are none. */
const bad = fc.constantFrom('', 'a\u0000b', 'x'.repeat(200_001));
const STATUSES: Record<string, number> = {
  openai: 400,
  cohere: 422,
  tei: 422,
  hf: 422,
  oip: 400,
  replicate: 422,
};

describe('every dialect', () => {
  it('has the labels of the native API', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        const [expected] = await native(world, 'sentiment', 'text-classification', [one]);
        const answers = Object.entries(CLASSIFYING).map(async ([name, ask]) => {
          const { status, labels } = await ask(one);
          expect([name, status]).toEqual([name, 200]);
          nearLabels(labels!, labelsOf(expected!));
        });
        await Promise.all(answers);
      }),
      { numRuns: RUNS },
    );
  });

  it('has its vectors', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        const [expected] = await native(world, 'embedder', 'embed', [one]);
        for (const vector of await Promise.all(Object.values(EMBEDDING).map((ask) => ask(one))))
          near(vector, vectorOf(expected!));
      }),
      { numRuns: RUNS },
    );
  });

  it('refuses what it refuses', { timeout: PROPERTY_TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(bad, async (one) => {
        const body = { model: 'sentiment', inputs: [one] };
        expect((await post(world, '/v1/jobs', body)).status).toBe(422);
        const found = await Promise.all(
          Object.entries(CLASSIFYING).map(async ([name, ask]) => [name, (await ask(one)).status]),
        );
        expect(Object.fromEntries(found)).toEqual(STATUSES);
      }),
      { numRuns: 6 },
    );
  });
});
