import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionManifest } from '@heddle/contracts';
import { openSession } from '@heddle/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileModel } from './compile.js';

const FIXTURES = join(import.meta.dirname, 'graph/__fixtures__');

let dir: string;
let checkpointDir: string;
let outDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-compile-'));
  checkpointDir = join(dir, 'checkpoint');
  outDir = join(dir, 'out');
});
afterEach(() => rm(dir, { recursive: true }));

/** A checkpoint folder with a tokenizer beside the fixture's weights; `changes` go into its config.json. */
async function prepare(fixture: string, changes: object = {}): Promise<void> {
  await mkdir(checkpointDir);
  await cp(join(FIXTURES, fixture, 'model.safetensors'), join(checkpointDir, 'model.safetensors'));
  await chmod(join(checkpointDir, 'model.safetensors'), 0o644);
  const config = JSON.parse(await readFile(join(FIXTURES, fixture, 'config.json'), 'utf8'));
  await writeJson('config.json', { ...config, ...changes });
  await writeJson('tokenizer.json', { version: '1.0' });
}
const writeJson = (name: string, value: unknown) =>
  writeFile(join(checkpointDir, name), JSON.stringify(value));
const compile = () => compileModel({ checkpointDir, outDir });

describe('compileModel', () => {
  it('writes the model with its tokenizer and describes it', async () => {
    await prepare('v3-base-seqcls');
    await writeJson('tokenizer_config.json', { model_max_length: 128 });
    const { source, ...compiled } = await compile();
    expect(compiled).toEqual({
      format: 'heddle-version/1',
      family: 'deberta-v3',
      head: 'sequence-classification',
      tasks: ['text-classification', 'zero-shot-classification'],
      labels: ['CONTRADICTION', 'NEUTRAL', 'ENTAILMENT'],
      problemType: null,
      maxTokens: 128,
      parametersCount: 73_107,
      architecture: {
        layers: 3,
        heads: 4,
        hiddenSize: 48,
        vocabSize: 250,
        attentionTerms: ['c2c', 'c2p', 'p2c'],
      },
      precision: 'fp32',
      onnx: { opset: 20, inputs: ['input_ids', 'attention_mask'], outputs: ['logits'] },
    });
    expect((await readdir(outDir)).sort()).toEqual([
      'model.onnx',
      'model.onnx.data',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const files = { 'model.onnx': { sha256: source.sha256, bytes: 1 } };
    expect(versionManifest.safeParse({ ...compiled, source, files }).error).toBeUndefined();
  });

  it('names the source by its bytes', async () => {
    await prepare('v3-regression');
    const first = await compile();
    outDir = join(dir, 'again');
    expect((await compile()).source).toEqual(first.source);
    await writeJson('tokenizer.json', { version: '1.1' });
    outDir = join(dir, 'changed');
    expect((await compile()).source.sha256).not.toBe(first.source.sha256);
  });

  it.each([1e30, 0, -1, 4.5, '512', null])('passes over a model_max_length of %j', async (length) => {
    await prepare('v3-multi-label');
    await writeJson('tokenizer_config.json', { model_max_length: length });
    expect(await compile()).toMatchObject({
      maxTokens: 512,
      tasks: ['text-classification'],
      problemType: 'multi_label_classification',
    });
  });

  it.each(['v3-base-seqcls', 'mdeberta-tokcls'])('%s answers the same in any batch', async (fixture) => {
    await prepare(fixture);
    const { labels, head } = await compile();
    const session = await openSession(join(outDir, 'model.onnx'), { threads: 1 });
    const texts = [3, 40, 1, 17, 64, 8].map((length, text) =>
      Array.from({ length }, (_, i) => 5 + ((i * 31 + text * 17) % 200)),
    );
    const length = 70;
    const inputIds = new Int32Array(texts.length * length);
    const attentionMask = new Uint8Array(inputIds.length);
    for (const [row, ids] of texts.entries()) {
      inputIds.set(ids, row * length);
      attentionMask.fill(1, row * length, row * length + ids.length);
    }
    const { logits: batch } = await session.run({ inputIds, attentionMask, batch: texts.length, length });
    for (const [row, ids] of texts.entries()) {
      const { logits: alone } = await session.run({
        inputIds: Int32Array.from(ids),
        attentionMask: new Uint8Array(ids.length).fill(1),
        batch: 1,
        length: ids.length,
      });
      const perRow = labels.length * (head === 'token-classification' ? length : 1);
      const difference = alone!.data.map((logit, i) => Math.abs(logit - batch!.data[row * perRow + i]!));
      expect(Math.max(...difference)).toBeLessThan(1e-5);
    }
    await session.close();
  });
});

describe('refusals leave nothing behind', () => {
  async function refused(error: object): Promise<void> {
    await expect(compile()).rejects.toMatchObject(error);
    const left = await readdir(dir);
    expect(left).not.toContain('out');
  }

  it('tensors that are missing or have another shape, all in one error', async () => {
    await prepare('v3-base-seqcls', { num_hidden_layers: 4, vocab_size: 251, id2label: { '0': 'a' } });
    await refused({
      code: 'missing-tensors',
      message: expect.stringMatching(
        /word_embeddings\.weight is \[250,48\] instead of \[251,48\].*encoder\.layer\.3\.\S+ is missing/,
      ),
      extra: {
        tensors: expect.arrayContaining([
          'embeddings.word_embeddings.weight',
          'encoder.layer.3.output.LayerNorm.bias',
          'classifier.weight',
          'classifier.bias',
        ]),
      },
    });
  });

  it('weights that are not finite, found while the model is written', async () => {
    await prepare('v3-base-seqcls');
    const path = join(checkpointDir, 'model.safetensors');
    const bytes = await readFile(path);
    // Whatever tensor comes last gets a NaN as its last value.
    bytes.writeUInt32LE(0x7fc00000, bytes.length - 4);
    await writeFile(path, bytes);
    await refused({ code: 'model-nonfinite' });
  });

  it.each([
    ['config.json', 'not-a-checkpoint'],
    ['model.safetensors', 'not-a-checkpoint'],
    ['tokenizer.json', 'unsupported-tokenizer'],
  ])('a checkpoint without %s', async (name, code) => {
    await prepare('v3-regression');
    await rm(join(checkpointDir, name));
    await refused({ code });
  });

  it('a configuration that is not JSON, and a model that is not compiled', async () => {
    await prepare('v3-regression', { model_type: 'deberta' });
    await refused({ code: 'unsupported-architecture' });
    await writeFile(join(checkpointDir, 'config.json'), '{"model_type": "deb');
    await refused({ code: 'invalid-config' });
  });

  it('a folder that existed before keeps what it held', async () => {
    await prepare('v3-base-seqcls', { hidden_size: 96, pooler_hidden_size: 96 });
    await mkdir(outDir);
    await writeFile(join(outDir, 'notes.txt'), 'mine');
    await expect(compile()).rejects.toMatchObject({ code: 'missing-tensors' });
    expect(await readdir(outDir)).toEqual(['notes.txt']);
  });

  it('a folder that holds a model already', async () => {
    await prepare('v3-regression');
    await compile();
    const before = await readFile(join(outDir, 'model.onnx'));
    await expect(compile()).rejects.toMatchObject({ code: 'already-exists' });
    expect(await readFile(join(outDir, 'model.onnx'))).toEqual(before);
  });
});
