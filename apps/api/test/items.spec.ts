import { type Job, TASKS, type Task } from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  // Two layers with two heads, vectors of 8 numbers.
  const manifest = testManifest({ tasks: [...TASKS] });
  await api.store.models.addVersion({ tenantId: api.tenantId, name: 'all', description: '', manifest });
});
afterAll(() => api.stop());

const submit = (task: Task, item: unknown, parameters: object = {}) =>
  api.call('POST', '/v1/jobs', { body: { model: 'all', task, inputs: [item], parameters } });

/** The items of the contract's examples, and the parameters they get when none are given. */
const GOOD: [Task, item: unknown, parameters: object, defaults: object][] = [
  ['question-answering', { question: 'Who wrote it?', context: 'It was written by Ada.' }, {}, { top_k: 1 }],
  [
    'question-answering',
    { id: 'a', question: 'Who wrote it?', context: 'It was written by Ada.' },
    { method: 'squad', doc_stride: 10 },
    { max_seq_len: 384, max_answer_len: 15, align_to_words: true, null_score_diff_threshold: 0 },
  ],
  [
    'multiple-choice',
    { prompt: 'She opened the umbrella because', choices: ['it rained.', 'the dog sang.'] },
    {},
    { truncate: false },
  ],
  ['fill-mask', 'Paris is the [MASK] of France.', { top_k: 1 }, { targets: [], causal: false }],
  ['fill-mask', { text: '[MASK]' }, { targets: ['capital'] }, { top_k: 5 }],
  [
    'rerank',
    { query: 'capital of France', documents: ['Berlin is big', { text: 'Paris is the capital' }] },
    { top_n: 1 },
    { truncate: true, raw_scores: false, return_documents: false },
  ],
  ['score', { prompt: 'Explain tides', response: 'The moon…' }, {}, { truncate: false }],
  ['score', { text: 'Explain tides', text_pair: 'The moon…' }, {}, {}],
  ['embed', 'hello', { dimensions: 8 }, { level: 'text', encoding: 'float' }],
  ['attention', 'good', { layers: [1], heads: [0, 1] }, { parts: ['total'], encoding: 'float' }],
  ['attention', { text: 'good', text_pair: 'better' }, { parts: ['c2c', 'probs'] }, {}],
  ['replaced-token-detection', 'good', {}, { offsets: 'codepoint' }],
  ['token-classification', 'good', { stride: 5 }, { aggregation_strategy: 'simple' }],
];

it.each(GOOD)('%s takes %j with %j', async (task, item, parameters, defaults) => {
  const answer = await submit(task, item, parameters);
  expect(answer.status, answer.text).toBe(202);
  expect(answer.body as Job).toMatchObject({ task, parameters: { ...defaults, ...parameters } });
});

const TOO_LONG = 'x'.repeat(200_001);
const question = { question: 'Who?', context: 'Ada.' };
const ranked = { query: 'q', documents: ['a', 'b'] };
const BAD: [what: string, Task, item: unknown, parameters: object, code: string, pointer: string][] = [
  ['a question alone', 'question-answering', { question: 'Who?' }, {}, 'validation', '/inputs/0/context'],
  ['no text for a question', 'question-answering', 'Who?', {}, 'validation', '/inputs/0'],
  [
    'no context',
    'question-answering',
    { ...question, context: '' },
    {},
    'invalid-input',
    '/inputs/0/context',
  ],
  [
    'a long context',
    'question-answering',
    { ...question, context: TOO_LONG },
    {},
    'text-too-long',
    '/inputs/0/context',
  ],
  [
    'windows that stand still',
    'question-answering',
    question,
    { doc_stride: 384 },
    'validation',
    '/parameters/doc_stride',
  ],
  ['no answers', 'question-answering', question, { top_k: 0 }, 'validation', '/parameters/top_k'],
  [
    'an unknown method',
    'question-answering',
    question,
    { method: 'guess' },
    'validation',
    '/parameters/method',
  ],
  ['one choice', 'multiple-choice', { prompt: 'a', choices: ['b'] }, {}, 'validation', '/inputs/0/choices'],
  [
    '33 choices',
    'multiple-choice',
    { prompt: 'a', choices: Array(33).fill('b') },
    {},
    'validation',
    '/inputs/0/choices',
  ],
  [
    'an empty choice',
    'multiple-choice',
    { prompt: 'a', choices: ['b', ''] },
    {},
    'invalid-input',
    '/inputs/0/choices/1',
  ],
  [
    'a pair to fill',
    'fill-mask',
    { text: '[MASK]', text_pair: 'b' },
    {},
    'validation',
    '/inputs/0/text_pair',
  ],
  ['an empty target', 'fill-mask', '[MASK]', { targets: [''] }, 'validation', '/parameters/targets/0'],
  ['no documents', 'rerank', { query: 'q', documents: [] }, {}, 'validation', '/inputs/0/documents'],
  [
    '1001 documents',
    'rerank',
    { query: 'q', documents: Array(1001).fill('d') },
    {},
    'validation',
    '/inputs/0/documents',
  ],
  [
    'an empty document',
    'rerank',
    { query: 'q', documents: ['a', { text: '' }] },
    {},
    'invalid-input',
    '/inputs/0/documents/1/text',
  ],
  [
    'a long document',
    'rerank',
    { query: 'q', documents: ['a', TOO_LONG] },
    {},
    'text-too-long',
    '/inputs/0/documents/1',
  ],
  [
    'a document with a title',
    'rerank',
    { query: 'q', documents: [{ text: 'a', title: 't' }] },
    {},
    'validation',
    '/inputs/0/documents/0/title',
  ],
  ['none of the documents', 'rerank', ranked, { top_n: 0 }, 'validation', '/parameters/top_n'],
  ['a text to score', 'score', 'alone', {}, 'validation', '/inputs/0'],
  ['an empty response', 'score', { prompt: 'a', response: '' }, {}, 'invalid-input', '/inputs/0/response'],
  ['a pair to embed', 'embed', { text: 'a', text_pair: 'b' }, {}, 'validation', '/inputs/0/text_pair'],
  ['more dimensions than there are', 'embed', 'a', { dimensions: 9 }, 'validation', '/parameters/dimensions'],
  ['a layer that is not there', 'attention', 'a', { layers: [0, 2] }, 'validation', '/parameters/layers/1'],
  ['a head that is not there', 'attention', 'a', { heads: [2] }, 'validation', '/parameters/heads/0'],
  ['a layer twice', 'attention', 'a', { layers: [0, 0] }, 'validation', '/parameters/layers'],
  ['no part', 'attention', 'a', { parts: [] }, 'validation', '/parameters/parts'],
  [
    'windows of tokens',
    'token-classification',
    'a',
    { stride: 5, aggregation_strategy: 'none' },
    'validation',
    '/parameters/stride',
  ],
  [
    'a long label',
    'zero-shot-classification',
    'a',
    { candidate_labels: ['b', TOO_LONG] },
    'validation',
    '/parameters/candidate_labels/1',
  ],
];

describe('refusals name the place', () => {
  it.each(BAD)('%s', async (_, task, item, parameters, code, pointer) => {
    const answer = await submit(task, item, parameters);
    const problem = problemIn(answer);
    expect([answer.status, problem.code, problem.errors?.map((error) => error.pointer)]).toEqual([
      422,
      code,
      [pointer],
    ]);
  });
});

it('counts the characters of the texts alone, up to the limit and no further', async () => {
  const text = 'x'.repeat(200_000);
  const inputs = Array.from({ length: 20 }, () => text);
  const send = (texts: string[]) =>
    api.call('POST', '/v1/jobs', { body: { model: 'all', task: 'text-classification', inputs: texts } });
  expect((await send(inputs)).status).toBe(202);
  const refused = await send([...inputs, 'y']);
  expect([refused.status, problemIn(refused).code]).toEqual([422, 'text-too-long']);
});
