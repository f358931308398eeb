import { HeddleError } from '@heddle/contracts';
import type { Encoding, ServedModel } from '@heddle/deberta';
import { expect, it, vi } from 'vitest';
import type { Answer } from '../batcher/batcher.js';
import { runItems } from './items.js';

/** A model whose texts are as many tokens as characters. */
const model: ServedModel = {
  tokenizer: {
    encode: async ({ text }: { text: string }) =>
      ({
        length: text.length,
        ids: new Int32Array(text.length),
        special: new Uint8Array(text.length).fill(1),
        pairStart: text.length,
        truncated: 0,
      }) as Partial<Encoding> as Encoding,
    idToToken: () => 'x',
  } as Partial<ServedModel['tokenizer']> as ServedModel['tokenizer'],
  labels: ['no', 'yes'],
  problemType: null,
  maxTokens: 512,
  architecture: { layers: 1, heads: 12, hiddenSize: 8, vocabSize: 100, attentionTerms: ['c2c'] },
  pooling: 'mean',
};
const answer = (logits: number[], finite = true): Answer => ({
  row: { outputs: { logits: { data: Float32Array.from(logits), shape: [2] } }, finite },
  pass: { pid: 1, startedMs: 0, items: 1 },
  inferenceMs: 1,
  paddedLength: 8,
});
const run = (inputs: string[], infer: (length: number) => Promise<Answer>, abandon = vi.fn()) =>
  runItems({
    task: 'text-classification',
    parameters: {},
    inputs,
    model,
    infer: ({ encoding }) => infer(encoding.length),
    admit: async () => undefined,
    abandon,
    onItemError: () => undefined,
    onBug: vi.fn(),
  });

it('answers every item in its place', async () => {
  const { items, tally } = await run(['a', 'bb'], async (length) => answer([length, 0]));
  expect(items.map(({ json }) => JSON.parse(json))).toMatchObject([
    { index: 0, output: { labels: [{ label: 'no' }, { label: 'yes' }] } },
    { index: 1 },
  ]);
  expect(tally).toMatchObject({ tokens: 3, paddedTokens: 16 });
});

it('an item whose numbers are not finite fails alone', async () => {
  const { items } = await run(['a', 'bb'], async (length) => answer([Number.NaN, 0], length !== 1));
  expect(items.map((item) => item.failed)).toEqual([true, false]);
  expect(JSON.parse(items[0]!.json)).toMatchObject({ error: { code: 'non-finite-output' } });
});

it('an engine that is gone ends the attempt: no lane goes on', async () => {
  let calls = 0;
  let underWay = 0;
  const gone = new HeddleError('worker-crashed', 'gone');
  const abandon = vi.fn();
  const inputs = Array.from({ length: 500 }, (_, i) => 'x'.repeat(1 + (i % 9)));
  const running = run(
    inputs,
    async () => {
      const call = ++calls;
      underWay++;
      await new Promise((resolve) => setTimeout(resolve, call === 1 ? 1 : 20));
      underWay--;
      if (call === 1) throw gone;
      return answer([1, 0]);
    },
    abandon,
  );
  await expect(running).rejects.toBe(gone);
  expect(underWay).toBe(0);
  expect(calls).toBeLessThan(500);
  expect(abandon).toHaveBeenCalled();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(underWay).toBe(0);
});

it('the outputs of a job are bounded together, before they are computed', async () => {
  let asked = 0;
  const inputs = [...Array(40).fill('x'.repeat(100)), 'x'];
  const { items, tally } = await runItems({
    task: 'attention',
    parameters: {},
    inputs,
    model,
    admit: async () => undefined,
    infer: async ({ encoding: { length }, keep }) => {
      asked++;
      const total = { data: new Float32Array(12 * length * length), shape: [12, length, length] };
      return {
        row: { outputs: keep!({ 'total.0': total }), finite: true },
        pass: { pid: 1, startedMs: 0, items: 1 },
        inferenceMs: 1,
        paddedLength: length,
      };
    },
    abandon: vi.fn(),
    onItemError: () => undefined,
    onBug: (error) => expect.fail(String(error)),
  });
  const refused = items.filter(({ failed }) => failed);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ json }) => JSON.parse(json).error.code === 'output-too-large')).toBe(true);
  expect(asked).toBe(inputs.length - refused.length);
  expect(tally.answerBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(items.reduce((sum, { json }) => sum + json.length, 0)).toBeLessThan(64 * 1024 * 1024);
  // What is small enough still fits.
  expect(JSON.parse(items.at(-1)!.json)).toMatchObject({ output: { shape: [1, 12, 1, 1] } });
});
