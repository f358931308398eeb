import { fileURLToPath } from 'node:url';
import { openTokenizer, type Sequence } from '@heddle/deberta';
import { expect, it } from 'vitest';
import { runItems } from './items.js';

const TOKENIZER = fileURLToPath(new URL('../../../../models/sentiment/tokenizer.json', import.meta.url));

const model = {
  tokenizer: await openTokenizer(TOKENIZER),
  labels: [],
  problemType: null,
  maxTokens: 512,
  architecture: {
    layers: 12,
    heads: 12,
    hiddenSize: 8,
    vocabSize: 100,
    attentionTerms: ['c2c' as const],
  },
  pooling: 'mean' as const,
};

it('bounds the outputs of a job together, before they are computed', async () => {
  const asked: Sequence[] = [];
  const text = 'good '.repeat(100);
  const { results, tally } = await runItems({
    task: 'attention',
    parameters: { layers: [0] },
    inputs: [text, text, ...Array(40).fill(text), 'good'],
    model,
    infer: async (sequence) => {
      asked.push(sequence);
      const { length } = sequence.encoding;
      const total = { data: new Float32Array(12 * length * length), shape: [12, length, length] };
      const row = { outputs: sequence.keep!({ 'total.0': total }), finite: true };
      return { row, inferenceMs: 1, paddedLength: length };
    },
    onBug: (error) => expect.fail(String(error)),
  });
  const refused = results.filter((result) => result.error);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map((result) => result.error!.code))).toEqual(new Set(['output-too-large']));
  expect(asked).toHaveLength(results.length - refused.length);
  expect(JSON.stringify(results).length).toBeLessThan(64 * 1024 * 1024);
  expect(tally.answerBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  // What is small enough still fits.
  expect(results.at(-1)!.output).toMatchObject({ shape: [1, 12, 3, 3] });
});
