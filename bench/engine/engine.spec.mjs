import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../generate-checkpoint.mjs';
import { measureMixed, mixedSequences } from '../peers/mixed-lengths.mjs';
import { checkAnswers, inputOf, measure } from './compare.mjs';
import { prepareModels } from './models.mjs';

/** Wide and deep enough that what surrounds [CLS] moves the logits by more than the tolerance. */
const SHAPE = { ...SHAPES['v3-base'], layers: 4, hidden: 128, heads: 2, intermediate: 256 };
const INPUTS = { '1x8': inputOf('1x8', SHAPE.vocab), '3x24': inputOf('3x24', SHAPE.vocab) };

let folder;
let models;
let other;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  models = await prepareModels(join(folder, 'one'), SHAPE);
  other = await prepareModels(join(folder, 'other'), { ...SHAPE, layers: 3 });
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bench of forward passes, with a tiny model', () => {
  it('finds that Heddle and the usual export answer the same, and measures both', async () => {
    const contenders = [...models.heddle, models.usual];
    const differences = await checkAnswers(contenders, INPUTS);
    expect(differences['heddle fp32']).toBe(0);
    expect(differences['usual export fp32']).toBeGreaterThan(0);
    expect(differences['usual export fp32']).toBeLessThan(1e-3);

    const results = await measure(contenders, INPUTS, { rounds: 1, ms: 0 });
    expect(Object.keys(results)).toEqual(['1x8', '3x24']);
    for (const shape of Object.values(results)) {
      expect(Object.keys(shape)).toEqual(['heddle fp32', 'usual export fp32']);
      for (const result of Object.values(shape)) {
        expect(result.tokens_per_second).toBeGreaterThan(0);
        expect(result.one_process_mib).toBeGreaterThan(0);
      }
    }
  });

  it('refuses a contender that answers otherwise', async () => {
    const wrong = { ...other.usual, name: 'another model' };
    await expect(checkAnswers([...models.heddle, wrong], INPUTS)).rejects.toThrow(
      'another model answers otherwise (1x8)',
    );
  });

  it('says what a contender printed that cannot start', async () => {
    const missing = { ...models.usual, name: 'nothing', model: join(folder, 'nothing.onnx') };
    await expect(checkAnswers([missing], INPUTS)).rejects.toThrow(/nothing ended: .*nothing\.onnx/s);
  });

  it("gets the same answers for mixed lengths from Heddle's batcher and from static batches", async () => {
    const sequences = mixedSequences(24, SHAPE.vocab);
    const results = await measureMixed({ batched: models.heddle, padded: [models.usual] }, sequences, 1);
    const share = Object.fromEntries(Object.entries(results).map(([name, it]) => [name, it.padded_share]));
    expect(share['heddle fp32']).toBeGreaterThanOrEqual(0);
    expect(share['heddle fp32']).toBeLessThan(share['usual export fp32']);
    await expect(
      measureMixed({ batched: models.heddle, padded: [other.usual] }, sequences, 1),
    ).rejects.toThrow('usual export fp32 answers otherwise (mixed lengths)');
  });
});

describe('mixed lengths', () => {
  it('have a median of 40 tokens and a 95th percentile of 250, and are never longer than the model reads', () => {
    const lengths = mixedSequences(20_000, SHAPE.vocab).map((ids) => ids.length);
    lengths.sort((a, b) => a - b);
    expect(Math.abs(lengths[10_000] - 40)).toBeLessThanOrEqual(2);
    expect(Math.abs(lengths[19_000] - 250)).toBeLessThanOrEqual(15);
    expect([lengths[0], lengths.at(-1)]).toEqual([3, 512]);
  });
});
