import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AttentionOutput, TASK_SCHEMAS, type Task } from '@heddle/contracts';
import { openSession } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPipeline, openPipeline, readPipeline } from './__parity__/check-pipeline.js';
import { pipelineFixtures } from './__parity__/fixture-folders.js';
import { taskHandler } from './handlers.js';
import { logSumExp, softmax } from './scores.js';

const root = pipelineFixtures();
/** Masked language models: a convolution with transformers' head, with Microsoft's decoder, and version 1 of DeBERTa. */
const folders = ['fill-mask-hf-new', 'fill-mask-ms-emd-v2', 'fill-mask-ms-emd-v1'].filter((folder) =>
  existsSync(join(root, folder)),
);
const TEXT = 'our neighbour crossed the bridge';

describe.each(folders)('compiled %s', (folder) => {
  let pipeline: OpenPipeline;
  beforeAll(async () => {
    pipeline = await openPipeline(await readPipeline(join(root, folder)), openSession);
  });
  afterAll(() => pipeline.close());

  async function ask<Output>(task: Task, item: unknown, parameters: object): Promise<Output> {
    const { model, infer } = pipeline.subject;
    const parsed: unknown = TASK_SCHEMAS[task].parameters.parse(parameters);
    const handler = taskHandler(task);
    const sequences = await handler.encode(item, parsed, model);
    const rows = (await infer(sequences)).map((row, i) => sequences[i]!.keep?.(row) ?? row);
    return (await handler.decode(item, parsed, sequences, rows, model)) as Output;
  }

  it('scores tokens as the whole text would with a causal mask: what follows is not seen', async () => {
    const { model, infer } = pipeline.subject;
    const { tokenizer } = model;
    const encoding = await tokenizer.encode(
      { text: TEXT },
      { maxTokens: 64, truncate: false, truncationSide: 'right' },
    );
    const positions = Array.from({ length: encoding.length - 2 }, (_, i) => i + 1);
    const rows = await infer(
      positions.map((position) => ({
        encoding: { ...encoding, ids: encoding.ids.with(position, tokenizer.special.mask!) },
        graph: 'causal',
        outputs: ['logits'],
        positions: Int32Array.of(position),
      })),
    );
    const expected = rows.map(({ logits }, i) => {
      const { data } = logits!;
      return data[encoding.ids[positions[i]!]!]! - logSumExp(data);
    });
    const { tokens } = await ask<{ tokens: { log_prob: number }[] }>('fill-mask', TEXT, { causal: true });
    expect(tokens).toHaveLength(expected.length);
    for (const [i, { log_prob }] of tokens.entries()) expect(log_prob).toBeCloseTo(expected[i]!, 4);
  });

  it('fills causal masks without looking ahead', async () => {
    const best = async (text: string, causal: boolean) => {
      const parameters = { causal, top_k: 3 };
      const { masks } = await ask<{ masks: { score: number }[][] }>('fill-mask', text, parameters);
      return masks[0]!.map(({ score }) => score);
    };
    const [short, long] = ['our neighbour [MASK] the bridge', 'our neighbour [MASK] and the rain began'];
    const [first, second] = [await best(short, true), await best(long, true)];
    for (const [i, score] of first.entries()) expect(score).toBeCloseTo(second[i]!, 5);
    expect(await best(short, false)).not.toEqual(await best(long, false));
  });

  it('shows attention whose terms add up', async () => {
    const parts = ['total', 'c2c', 'c2p', 'p2c', 'probs'];
    const shown = await ask<AttentionOutput>('attention', TEXT, { parts });
    const { layers, heads } = pipeline.subject.model.architecture;
    const length = shown.tokens.length;
    expect(shown.shape).toEqual([layers, heads, length, length]);
    const [total, c2c, c2p, p2c, probs] = parts.map((part) =>
      (shown.parts[part as 'total'] as number[][][][]).flat(2),
    );
    for (const [row, scores] of total!.entries()) {
      const chances = softmax(scores);
      for (const [key, score] of scores.entries()) {
        expect(score).toBeCloseTo(c2c![row]![key]! + c2p![row]![key]! + p2c![row]![key]!, 4);
        expect(probs![row]![key]).toBeCloseTo(chances[key]!, 5);
      }
    }
    const pair = { text: TEXT, text_pair: 'the rain' };
    const narrow = { layers: [1], heads: [2], encoding: 'base64' };
    const coded = await ask<AttentionOutput>('attention', pair, narrow);
    const bytes = Buffer.from(coded.parts.total as string, 'base64');
    expect(bytes.length).toBe(coded.tokens.length ** 2 * 4);
    const whole = await ask<AttentionOutput>('attention', pair, {});
    expect(bytes.readFloatLE(4)).toBeCloseTo((whole.parts.total as number[][][][])[1]![2]![0]![1]!, 5);
  });
});
