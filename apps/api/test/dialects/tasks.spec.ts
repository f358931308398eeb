import type { LabelScore, QuestionAnsweringOutput, TokenClassificationOutput } from '@heddle/contracts';
import { InferenceClient } from '@huggingface/inference';
import { CohereClient } from 'cohere-ai';
import OpenAI from 'openai';
import Replicate from 'replicate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alike, labelsOf, native, near, nearLabels, post } from './compare.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
let hf: InferenceClient;
beforeAll(async () => {
  world = await startDialectWorld();
  hf = new InferenceClient(world.heddle.key);
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

const PAIR = { text: 'A man sleeps.', text_pair: 'He is awake.' };
const PLACES = 'Angela Merkel spoke in Paris';
const QUESTION = { question: 'Who wrote it?', context: 'It was written by Ada in London, long ago.' };
const MASKED = 'Paris is the [MASK] of France.';
const FOOL = 'you fool';

/** An item for each task and each kind of answer, which all have real versions. */
const ASKED: [task: string, model: string, item: unknown, parameters?: Record<string, unknown>][] = [
  ['text-classification', 'sentiment', 'I loved it', { top_k: 1 }],
  ['text-classification', 'nli', PAIR],
  ['text-classification', 'toxicity', FOOL, { threshold: 0.1 }],
  ['text-classification', 'stsb', PAIR],
  ['zero-shot-classification', 'nli', 'The match ended 2-1', { candidate_labels: ['sport', 'politics'] }],
  ['token-classification', 'ner', PLACES],
  ['token-classification', 'ner', PLACES, { aggregation_strategy: 'none', ignore_labels: [] }],
  ['token-classification', 'ner', PLACES, { return_logits: true }],
  ['question-answering', 'qa', QUESTION, { top_k: 2, handle_impossible_answer: true }],
  ['question-answering', 'qa', QUESTION, { return_logits: true }],
  ['multiple-choice', 'swag', { prompt: 'She opened it because', choices: ['it rained.', 'a dog sang.'] }],
  ['fill-mask', 'mlm', MASKED, { top_k: 3 }],
  ['rerank', 'reranker', { query: 'q', documents: ['Berlin is big', { text: 'Paris' }] }, { top_n: 1 }],
  ['score', 'reranker', { prompt: 'Explain tides', response: 'The moon' }],
  ['embed', 'embedder', 'a station', { dimensions: 4 }],
  ['attention', 'sentiment', 'good', { layers: [0], heads: [3], parts: ['total', 'probs'] }],
];

describe('Replicate’s client runs', () => {
  it.each(ASKED)('%s of %s', async (task, model, item, parameters = {}) => {
    const replicate = new Replicate({
      auth: world.heddle.key,
      baseUrl: `${world.heddle.url}/replicate/v1`,
      useFileOutput: false,
    });
    const [expected] = await native(world, model, task, [item], parameters);
    const reference = `${world.slug}/${model}` as const;
    alike(await replicate.run(reference, { input: { inputs: item, task, ...parameters } }), expected);
    alike(await replicate.run(reference, { input: { inputs: [item], task, ...parameters } }), [expected]);
    if (!isTexts(item)) return;
    const beside = typeof item === 'string' ? { text: item } : item;
    alike(await replicate.run(reference, { input: { ...beside, task, ...parameters } }), expected);
  });
});

function isTexts(item: unknown): item is string | { text: string } {
  return typeof item === 'string' || (typeof item === 'object' && item !== null && 'text' in item);
}

describe('OpenAI’s client', () => {
  const openai = () => new OpenAI({ apiKey: world.heddle.key, baseURL: `${world.heddle.url}/openai/v1` });

  it('moderates with several labels at once', async () => {
    const [expected] = await native(world, 'toxicity', 'text-classification', [FOOL]);
    const { results } = await openai().moderations.create({ model: 'toxicity', input: FOOL });
    const { category_scores: scores, categories, flagged } = results[0]!;
    nearLabels(
      Object.entries(scores).map(([label, score]) => ({ label, score })),
      labelsOf(expected!),
    );
    const flags = Object.fromEntries(labelsOf(expected!).map(({ label, score }) => [label, score >= 0.5]));
    expect(categories).toEqual(flags);
    expect(flagged).toBe(Object.values(flags).some(Boolean));
  });

  it('classifies pairs and several labels, and hears that a number is no label', async () => {
    const ask = (body: object) =>
      openai().post<{ data: { index: number; label: string; score: number; labels: LabelScore[] }[] }>(
        '/classifications',
        { body },
      );
    const [pair] = await native(world, 'nli', 'text-classification', [PAIR]);
    const { data } = await ask({ model: 'nli', input: [PAIR, 'x'] });
    nearLabels(data[0]!.labels, labelsOf(pair!));
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    const [several] = await native(world, 'toxicity', 'text-classification', [FOOL]);
    const [found] = (await ask({ model: 'toxicity', input: FOOL })).data;
    nearLabels(found!.labels, labelsOf(several!));
    expect(found!.label).toBe(labelsOf(several!)[0]!.label);
    const number = ask({ model: 'stsb', input: PAIR });
    await expect(number).rejects.toMatchObject({ status: 400, code: 'invalid_model' });
  });
});

describe('Cohere’s client', () => {
  it('classifies with several labels at once', async () => {
    const environment = `${world.heddle.url}/cohere`;
    const cohere = new CohereClient({ token: world.heddle.key, environment });
    const [expected] = await native(world, 'toxicity', 'text-classification', [FOOL]);
    const { classifications } = await cohere.classify({ model: 'toxicity', inputs: [FOOL] });
    const [one] = classifications;
    expect(one).toMatchObject({ input: FOOL, classificationType: 'multi-label' });
    nearLabels(
      Object.entries(one!.labels).map(([label, { confidence }]) => ({ label, score: confidence! })),
      labelsOf(expected!),
    );
    const selected = labelsOf(expected!).filter(({ score }) => score >= 0.5);
    expect(one!.predictions).toEqual(selected.map(({ label }) => label));
    near(
      one!.confidences,
      selected.map(({ score }) => score),
    );
  });
});

describe('text-embeddings-inference', () => {
  const predict = async (model: string, body: object) => {
    const { status, body: found } = await post(world, `/tei/${model}/predict`, body);
    expect(status, JSON.stringify(found)).toBe(200);
    return found as LabelScore[];
  };

  it('predicts several labels at once, and logits of them', async () => {
    for (const [raw, parameters] of [
      [false, {}],
      [true, { function_to_apply: 'none' }],
    ] as const) {
      const [expected] = await native(world, 'toxicity', 'text-classification', [FOOL], parameters);
      const found = await predict('toxicity', { inputs: FOOL, raw_scores: raw });
      nearLabels(found, labelsOf(expected!));
      const scores = found.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }
  });

  it('predicts a number as a logit, and as a probability', async () => {
    const [expected] = await native(world, 'stsb', 'text-classification', [PAIR]);
    const { value } = expected as { value: number };
    const inputs = [[PAIR.text, PAIR.text_pair]];
    alike(await predict('stsb', { inputs, raw_scores: true }), [[{ label: 'similarity', score: value }]]);
    const score = 1 / (1 + Math.exp(-value));
    alike(await predict('stsb', { inputs }), [[{ label: 'similarity', score }]]);
  });

  it.each(['qa', 'mlm', 'ner', 'swag'])('has no form for %s', async (model) => {
    for (const route of ['predict', 'rerank', 'embed', '']) {
      const body = route === 'rerank' ? { query: 'q', texts: ['x'] } : { inputs: 'x' };
      const found = await post(world, `/tei/${model}/${route}`, body);
      expect([found.status, found.body]).toMatchObject([424, { error_type: 'Backend' }]);
    }
  });
});

describe('Hugging Face’s client', () => {
  const at = (model: string) => `${world.heddle.url}/hf/${model}`;
  const ask = async (model: string, body: object) =>
    (await post(world, `/hf/${model}`, body)).body as unknown;

  it('answers questions', async () => {
    const [expected] = await native(world, 'qa', 'question-answering', [QUESTION], { top_k: 2 });
    const { answers } = expected as QuestionAnsweringOutput;
    const endpointUrl = at('qa');
    alike(await hf.questionAnswering({ endpointUrl, inputs: QUESTION }), answers[0]);
    const parameters = { top_k: 2 };
    alike(await hf.questionAnswering({ endpointUrl, inputs: QUESTION, parameters }), answers[0]);
    alike(await ask('qa', { inputs: QUESTION, parameters }), answers);
    alike(await ask('qa', { inputs: QUESTION }), answers[0]);
    alike(await ask('qa', { inputs: [QUESTION, QUESTION] }), [answers[0], answers[0]]);
    const impossible = { handle_impossible_answer: true, max_answer_len: 3, align_to_words: false };
    const [output] = await native(world, 'qa', 'question-answering', [QUESTION], impossible);
    alike(
      await hf.questionAnswering({ endpointUrl, inputs: QUESTION, parameters: impossible }),
      (output as QuestionAnsweringOutput).answers[0],
    );
  });

  it('fills masks', async () => {
    const fillings = async (text: string, parameters = {}) => {
      const [output] = await native(world, 'mlm', 'fill-mask', [text], parameters);
      return (
        output as { masks: { token: string; token_id: number; score: number; sequence: string }[][] }
      ).masks.map((mask) =>
        mask.map(({ token, token_id, score, sequence }) => ({
          score,
          sequence,
          token: token_id,
          token_str: token,
        })),
      );
    };
    const endpointUrl = at('mlm');
    alike(await hf.fillMask({ endpointUrl, inputs: MASKED }), (await fillings(MASKED))[0]);
    const parameters = { top_k: 2, targets: ['city', 'capital', 'river'] };
    const found = await hf.fillMask({ endpointUrl, inputs: MASKED, parameters });
    expect(found).toHaveLength(2);
    alike(found, (await fillings(MASKED, parameters))[0]);
    const two = 'Paris is the [MASK] of [MASK].';
    alike(await ask('mlm', { inputs: two }), await fillings(two));
    await expect(hf.fillMask({ endpointUrl, inputs: two })).rejects.toThrow('malformed response');
    const none = post(world, '/hf/mlm', { inputs: 'no mask', parameters: { causal: true } });
    expect(await none).toMatchObject({ status: 422, body: { error: expect.any(String) } });
  });

  it('finds entities as it is told to', async () => {
    const asked: { aggregation_strategy: 'max' | 'simple'; ignore_labels?: string[]; stride?: number }[] = [
      { aggregation_strategy: 'max', ignore_labels: ['O', 'person'] },
      { aggregation_strategy: 'simple', stride: 2 },
    ];
    for (const parameters of asked) {
      const [expected] = await native(world, 'ner', 'token-classification', [PLACES], parameters);
      const found = await hf.tokenClassification({ endpointUrl: at('ner'), inputs: PLACES, parameters });
      alike(found, (expected as TokenClassificationOutput).entities);
    }
    const none = { aggregation_strategy: 'none', ignore_labels: [] };
    const [expected] = await native(world, 'ner', 'token-classification', [PLACES], none);
    const tokens = await ask('ner', { inputs: PLACES, parameters: { ...none, return_logits: true } });
    alike(tokens, (expected as TokenClassificationOutput).entities);
  });

  it('classifies with several labels at once, with numbers, and with candidates', async () => {
    const [several] = await native(world, 'toxicity', 'text-classification', [FOOL]);
    const classify = (model: string, parameters: { top_k?: number; function_to_apply?: 'none' } = {}) =>
      hf.textClassification({ endpointUrl: at(model), inputs: FOOL, parameters });
    nearLabels(await classify('toxicity'), labelsOf(several!));
    alike(await classify('toxicity', { top_k: 2 }), labelsOf(several!).slice(0, 2));
    const [logits] = await native(world, 'topic', 'text-classification', [FOOL], {
      function_to_apply: 'none',
    });
    nearLabels(await classify('topic', { function_to_apply: 'none' }), labelsOf(logits!));
    const [number] = await native(world, 'stsb', 'text-classification', [FOOL]);
    alike(await classify('stsb'), [{ label: 'similarity', score: (number as { value: number }).value }]);
    const parameters = {
      candidate_labels: ['sport', 'politics'],
      multi_label: true,
      hypothesis_template: 'It is about {}.',
    };
    const [candidates] = await native(world, 'nli', 'zero-shot-classification', [PLACES], parameters);
    const found = await hf.zeroShotClassification({ endpointUrl: at('nli'), inputs: PLACES, parameters });
    alike(found, labelsOf(candidates!));
  });

  it('has vectors of one form, whatever it is asked', async () => {
    const [expected] = await native(world, 'embedder', 'embed', ['a station']);
    const parameters = { encoding: 'base64', level: 'token' };
    alike(await ask('embedder', { inputs: 'a station', parameters }), [
      (expected as { embedding: number[] }).embedding,
    ]);
    const inputs = { source_sentence: 'a station', sentences: ['a station'] };
    near((await ask('embedder', { inputs, parameters })) as number[], [1]);
  });

  it('has no form for the other tasks', async () => {
    const found = await post(world, '/hf/swag', { inputs: 'x' });
    expect([found.status, found.body]).toMatchObject([422, { error: expect.any(String) }]);
  });
});
