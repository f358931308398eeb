import type { MultipleChoiceOutput, RerankOutput } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { answerWith, modelWith, tensor, tokenizer } from './__parity__/given-outputs.js';
import type { Sequence } from './task.js';

const one = (logits: number[]) => (_: Sequence, i: number) => ({ logits: tensor([logits[i]!]) });
const sigmoid = (logit: number) => float32(1 / (1 + Math.exp(-logit)));
const pairIds = async (text: string, pair: string) => [
  ...(await tokenizer.encode({ text, pair }, { maxTokens: 512, truncate: false, truncationSide: 'right' }))
    .ids,
];

describe('multiple choice', () => {
  const item = { prompt: 'the station is', choices: ['Berlin', 'open', 'old'] };

  it('puts the prompt before every choice, and sums to one over them', async () => {
    const { output, sequences } = await answerWith<MultipleChoiceOutput>(
      'multiple-choice',
      item,
      {},
      one([1, 3, 2]),
    );
    for (const [i, choice] of item.choices.entries()) {
      expect([...sequences[i]!.encoding.ids]).toEqual(await pairIds(item.prompt, choice));
    }
    expect(output.best).toBe(1);
    expect(output.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(output.choices.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    expect(output.choices[1]!.score).toBeCloseTo(Math.exp(3) / (Math.E + Math.exp(2) + Math.exp(3)), 6);
  });

  it('takes the first of equals', async () => {
    expect((await answerWith('multiple-choice', item, {}, one([0, 2, 2]))).output).toMatchObject({ best: 1 });
  });

  it('is too long by its longest choice, unless it may be cut', async () => {
    const long = { ...item, choices: ['Berlin', 'Berlin '.repeat(40)] };
    const model = modelWith({ maxTokens: 24 });
    await expect(answerWith('multiple-choice', long, {}, one([0, 0]), model)).rejects.toMatchObject({
      code: 'input-too-long',
    });
    const { sequences } = await answerWith('multiple-choice', long, { truncate: true }, one([0, 0]), model);
    expect(sequences.map(({ encoding }) => encoding.truncated > 0)).toEqual([false, true]);
  });
});

describe('rerank', () => {
  const item = {
    query: 'who crossed?',
    documents: ['the station', { text: 'Maria crossed' }, 'the harbour'],
  };
  const rank = (parameters: object, logits = [-1, 2, -1], given: object = item, model = modelWith()) =>
    answerWith<RerankOutput>('rerank', given, parameters, one(logits), model);

  it('sorts by score, ties by index', async () => {
    const { output, sequences } = await rank({});
    expect(output).toEqual({
      results: [
        { index: 1, score: sigmoid(2) },
        { index: 0, score: sigmoid(-1) },
        { index: 2, score: sigmoid(-1) },
      ],
    });
    expect([...sequences[1]!.encoding.ids]).toEqual(await pairIds('who crossed?', 'Maria crossed'));
  });

  it('gives logits, the best few, and documents as they came', async () => {
    const { output } = await rank({ raw_scores: true, top_n: 2, return_documents: true });
    expect(output).toEqual({
      results: [
        { index: 1, score: 2, document: { text: 'Maria crossed' } },
        { index: 0, score: -1, document: 'the station' },
      ],
    });
    expect((await rank({ top_n: 50 })).output.results).toHaveLength(3);
  });

  it('cuts the longer side first, as the reference does, and documents to their own limit before', async () => {
    const long = { query: 'station '.repeat(30), documents: ['harbour '.repeat(60)] };
    const model = modelWith({ maxTokens: 43 });
    const idsOf = async (parameters: object) =>
      [...(await rank(parameters, [0], long, model)).sequences[0]!.encoding.ids].map((id) =>
        tokenizer.idToToken(id),
      );
    const count = async (parameters: object, word: string) =>
      (await idsOf(parameters)).filter((token) => token === word).length;
    expect(await count({}, '▁station')).toBe(20);
    expect(await count({}, '▁harbour')).toBe(20);
    expect(await count({ max_tokens_per_doc: 5 }, '▁harbour')).toBe(5);
    expect(await count({ max_tokens_per_doc: 5 }, '▁station')).toBe(30);
    expect(await count({ max_tokens_per_doc: 15 }, '▁harbour')).toBe(15);
    expect(await count({ max_tokens_per_doc: 15 }, '▁station')).toBe(25);
    await expect(rank({ truncate: false }, [0], long, model)).rejects.toMatchObject({
      code: 'input-too-long',
    });
  });
});

it('a score is the logit as it is', async () => {
  const { output, sequences } = await answerWith(
    'score',
    { prompt: 'who?', response: 'Maria' },
    {},
    one([2.41]),
  );
  expect(output).toEqual({ score: float32(2.41) });
  expect([...sequences[0]!.encoding.ids]).toEqual(await pairIds('who?', 'Maria'));
  const pair = await answerWith('score', { text: 'who?', text_pair: 'Maria' }, {}, one([-120]));
  expect(pair.output).toEqual({ score: -120 });
  expect(pair.sequences[0]!.encoding.ids).toEqual(sequences[0]!.encoding.ids);
});
