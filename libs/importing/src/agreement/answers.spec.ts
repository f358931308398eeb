import { fileURLToPath } from 'node:url';
import { type Encoding, openTokenizer, type Tokenizer } from '@heddle/deberta';
import type { OutputTensor } from '@heddle/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnsweringModel, answersOf } from './answers.js';
import { forwardInputs, makeInputs } from './inputs.js';

const TOKENIZER = fileURLToPath(new URL('../../../../models/sentiment/tokenizer.json', import.meta.url));
const TEXTS = [
  { text: 'The lake is deep and cold today.' },
  { text: 'Is it deep', pair: 'The lake is deep and cold.' },
  { text: 'Yes' },
  { text: 'No' },
  { text: 'Perhaps' },
];

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await openTokenizer(TOKENIZER);
});

const output = (values: number[], ...dims: number[]): OutputTensor => ({
  data: Float32Array.from(values),
  dims,
  axes: [],
});
const model = (head: AnsweringModel['head'], more: Partial<AnsweringModel> = {}): AnsweringModel => ({
  head,
  problemType: null,
  labels: [],
  ...more,
});
/** [CLS] a b [SEP], and [CLS] q [SEP] c d [SEP]. */
const single = { special: Uint8Array.of(1, 0, 0, 1), pairStart: 4 } as Encoding;
const paired = { special: Uint8Array.of(1, 0, 1, 0, 0, 1), pairStart: 3 } as Encoding;
const answers = (
  subject: AnsweringModel,
  outputs: Record<string, OutputTensor>[],
  encoding: Encoding = single,
) => answersOf(subject, outputs, { sequences: outputs.map(() => encoding), positions: [] });
const even = expect.closeTo(0.5, 6);

describe('what a head decides', () => {
  it('of a sequence: one label, several at once, a number', () => {
    const logits = { logits: output([0, 0], 1, 2) };
    const labels = ['a', 'b'];
    expect(answers(model('sequence-classification', { labels }), [logits])).toEqual([
      { kind: 'choice', probabilities: [0.5, 0.5] },
    ]);
    const several = { labels, problemType: 'multi_label_classification' as const };
    expect(answers(model('sequence-classification', several), [logits])).toEqual(
      Array(2).fill({ kind: 'choice', probabilities: [0.5, 0.5] }),
    );
    const one = { logits: output([2], 1, 1) };
    expect(answers(model('sequence-classification', { labels: ['a'] }), [one])).toEqual([
      { kind: 'choice', probabilities: [expect.closeTo(0.119, 3), expect.closeTo(0.881, 3)] },
    ]);
    const number = { labels: ['a'], problemType: 'regression' as const };
    expect(answers(model('sequence-classification', number), [one])).toEqual([{ kind: 'value', value: 2 }]);
  });

  it('of tokens, special ones left out', () => {
    const tags = { logits: output([9, 0, 1, 1, 3, 3, 9, 0], 1, 4, 2) };
    expect(answers(model('token-classification', { labels: ['x', 'y'] }), [tags])).toEqual(
      Array(2).fill({ kind: 'choice', probabilities: [even, even] }),
    );
    const replaced = { logits: output([9, 0, 0, 9], 1, 4) };
    expect(answers(model('replaced-token-detection'), [replaced])).toEqual(
      Array(2).fill({ kind: 'choice', probabilities: [even, even] }),
    );
  });

  it('of questions: places in the context, and [CLS]', () => {
    const outputs = {
      start_logits: output([1, 9, 9, 1, 1, 9], 1, 6),
      end_logits: output([0, 9, 9, 50, 0, 9], 1, 6),
    };
    const third = expect.closeTo(1 / 3, 6);
    expect(answers(model('question-answering'), [outputs], paired)).toEqual([
      { kind: 'choice', probabilities: [third, third, third] },
      { kind: 'choice', probabilities: [expect.closeTo(0, 6), expect.closeTo(1, 6), expect.closeTo(0, 6)] },
    ]);
  });

  it('of choices, masked words and vectors', () => {
    const choices = [1, 1].map((logit) => ({ logits: output([logit], 1, 1) }));
    expect(answers(model('multiple-choice'), choices)).toEqual([
      { kind: 'choice', probabilities: [0.5, 0.5] },
    ]);
    const words = { logits: output([0, 0, 0, 0], 2, 2) };
    expect(answers(model('masked-lm'), [words])).toEqual(
      Array(2).fill({ kind: 'choice', probabilities: [0.5, 0.5], tie: 0.01 }),
    );
    const vectors = { mean: output([1, 2], 1, 2), cls: output([3, 4], 1, 2) };
    const vectorOf = (pooling: AnsweringModel['pooling']) =>
      answers(model('features', { pooling }), [vectors]);
    expect(vectorOf(undefined)).toEqual([{ kind: 'vector', vector: Float32Array.of(1, 2) }]);
    expect(vectorOf('cls')).toEqual([{ kind: 'vector', vector: Float32Array.of(3, 4) }]);
  });
});

describe('inputs made of texts', () => {
  const make = (head: AnsweringModel['head'], maxTokens = 64) =>
    makeInputs(head, TEXTS, tokenizer, maxTokens);
  const read = ({ ids }: Encoding) => tokenizer.decode([...ids], { skipSpecialTokens: true });

  it('are pairs where the head reads them', async () => {
    const pairs = await make('sequence-classification');
    expect(read(pairs[1]!.sequences[0]!)).toContain('Is it deep The lake');
    const alone = await make('token-classification');
    expect(read(alone[1]!.sequences[0]!)).not.toContain('lake');
    // The shorter one asks, and who has no pair gets the next text.
    const asked = (await make('question-answering')).map(({ sequences }) => read(sequences[0]!));
    expect(asked.slice(0, 2)).toEqual([
      expect.stringMatching(/^Is it deep The lake/),
      expect.stringMatching(/^Is it deep The lake/),
    ]);
  });

  it('are four choices, or a text with words hidden', async () => {
    const [first, second] = await make('multiple-choice');
    expect(first!.sequences).toHaveLength(4);
    expect(read(second!.sequences[0]!)).toContain('cold.');
    const [masked, , short] = await make('masked-lm');
    const { mask } = tokenizer.special;
    for (const { sequences, positions } of [masked!, short!]) {
      const hidden = [...sequences[0]!.ids.keys()].filter((at) => sequences[0]!.ids[at] === mask);
      expect(hidden).toEqual(positions);
      expect(hidden.length).toBeGreaterThan(0);
    }
    expect(forwardInputs(masked!)[0]!.positions).toEqual(Int32Array.of(0, masked!.positions[0]!));
  });

  it('are cut to what the model takes', async () => {
    for (const { sequences } of await make('features', 8))
      expect(sequences[0]!.length).toBeLessThanOrEqual(8);
  });
});
