import type { Task } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import {
  accumulatorOptions,
  evaluationParameters,
  formatOfFile,
  type Measured,
  readOptions,
} from './index.js';

const architecture = {
  modelType: 'deberta-v2',
  hiddenSize: 64,
  layers: 2,
  heads: 2,
  vocabSize: 100,
  buckets: 32,
} as unknown as Parameters<typeof evaluationParameters>[2]['architecture'];
const parametersOf = (task: Task, given: Record<string, unknown> = {}, squad?: 1 | 2) =>
  evaluationParameters(task, given, { architecture }, squad);

describe('parameters of an evaluation', () => {
  it('are those of the task, but for those that metrics need otherwise', () => {
    expect(parametersOf('text-classification', { threshold: 0.4 })).toMatchObject({
      threshold: 0.4,
      function_to_apply: 'auto',
    });
    expect(parametersOf('token-classification')).toMatchObject({
      ignore_labels: ['O'],
      offsets: 'codepoint',
    });
    expect(parametersOf('rerank')).toMatchObject({ raw_scores: true, return_documents: false });
    expect(parametersOf('question-answering').handle_impossible_answer).toBe(true);
    expect(parametersOf('question-answering', {}, 1).handle_impossible_answer).toBe(false);
    expect(parametersOf('question-answering', { handle_impossible_answer: true }, 1)).toMatchObject({
      handle_impossible_answer: true,
    });
  });

  it.each<[Task, Record<string, unknown>, string]>([
    ['text-classification', { top_k: 1 }, '/parameters/top_k'],
    ['token-classification', { aggregation_strategy: 'none' }, '/parameters/aggregation_strategy'],
    ['fill-mask', { causal: true }, '/parameters/causal'],
    ['question-answering', { colour: 1 }, '/parameters/colour'],
  ])('of %s are refused where they are %j', (task, given, pointer) => {
    expect(() => parametersOf(task, given)).toThrow(
      expect.objectContaining({
        code: 'validation',
        errors: [expect.objectContaining({ pointer })],
      }),
    );
  });
});

describe('what is measured', () => {
  const measured = (task: Task, of: Partial<Measured> = {}): Measured => ({
    task,
    manifest: { labels: ['no', 'yes'], problemType: 'single_label_classification' },
    parameters: {},
    options: { metrics: ['accuracy'] },
    ...of,
  });

  it('are the labels of the model, or those that it is asked to choose from', () => {
    expect(accumulatorOptions(measured('text-classification')).labels).toEqual(['no', 'yes']);
    expect(readOptions(measured('token-classification')).labels).toEqual({ names: ['no', 'yes'] });
    expect(accumulatorOptions(measured('token-classification')).labels).toBeUndefined();
    const zeroShot = measured('zero-shot-classification', {
      parameters: { candidate_labels: ['a', 'b'], multi_label: true, threshold: 0.3 },
    });
    expect(accumulatorOptions(zeroShot)).toEqual({
      task: 'zero-shot-classification',
      problemType: 'multi_label_classification',
      metrics: ['accuracy'],
      labels: ['a', 'b'],
      threshold: 0.3,
    });
    const number = measured('text-classification', {
      manifest: { labels: ['x'], problemType: 'regression' },
    });
    expect(accumulatorOptions(number)).toEqual({
      task: 'text-classification',
      problemType: 'regression',
      metrics: ['accuracy'],
    });
    expect(readOptions(number).labels).toEqual({});
  });

  it('is read as the request says', () => {
    const options: Measured['options'] = {
      metrics: ['f1'],
      positiveLabel: 'yes',
      squad: 1,
      labels: { '1': 'yes' },
      mapping: { input: { text: 'text' }, expected: { label: 'gold' } },
      csv: { delimiter: ';' },
      conll: { token_column: 2 },
    };
    expect(readOptions(measured('text-classification', { options }))).toMatchObject({
      task: 'text-classification',
      problemType: 'single_label_classification',
      labels: { names: ['no', 'yes'], mapping: { '1': 'yes' } },
      csv: { delimiter: ';' },
      conll: { tokenColumn: 2 },
    });
    expect(accumulatorOptions(measured('text-classification', { options }))).toMatchObject({
      positiveLabel: 'yes',
      squad: 1,
    });
  });
});

describe('the format of a file', () => {
  const mapping = { input: { text: 'text' }, expected: { label: 'gold' } };
  const bytes = async () => Buffer.from('{"input": "a", "expected": "b"}\n');
  const unread = async (): Promise<never> => {
    throw new Error('was read');
  };

  it('is the one that is named, that of a mapped JSONL, or what the file looks like', async () => {
    expect(await formatOfFile('d', { format: 'squad' }, unread)).toBe('squad');
    expect(await formatOfFile('d.JSONL', { mapping }, unread)).toBe('jsonl');
    expect(await formatOfFile('d.csv', { mapping }, async () => Buffer.from('text,gold\na,b\n'))).toBe('csv');
    expect(await formatOfFile('d.jsonl', {}, bytes)).toBe('jsonl');
  });

  it('is none that takes several files', async () => {
    const corpus = async () => Buffer.from('{"_id": "1", "text": "a"}\n');
    for (const found of [formatOfFile('d', { format: 'beir' }, unread), formatOfFile('d.jsonl', {}, corpus)])
      await expect(found).rejects.toThrow('converted to one of JSONL first');
  });
});
