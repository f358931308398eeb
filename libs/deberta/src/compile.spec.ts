import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionManifest } from '@heddle/contracts';
import { openSession } from '@heddle/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CompileOptions, compileModel, sourceOf } from './compile.js';
import type { Progress } from './report.js';

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

/** The smallest tokenizer that is one; `piece` tells two apart. */
function tokenizer(piece: string) {
  const special = ['[PAD]', '[CLS]', '[SEP]', '[UNK]'];
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const token = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const single = [token('[CLS]', 0), text('A', 0), token('[SEP]', 0)];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    added_tokens: special.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, text('B', 1), token('[SEP]', 1)],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [special.indexOf(id)], tokens: [id] }]),
      ),
    },
    decoder: metaspace,
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [...special.map((name) => [name, 0]), ['▁', -1], ['a', -2], [piece, -2]],
      byte_fallback: false,
    },
  };
}

/** A checkpoint folder with a tokenizer beside the fixture's weights; `changes` go into its config.json. */
async function prepare(fixture: string, changes: object = {}): Promise<void> {
  await mkdir(checkpointDir);
  await cp(join(FIXTURES, fixture, 'model.safetensors'), join(checkpointDir, 'model.safetensors'));
  await chmod(join(checkpointDir, 'model.safetensors'), 0o644);
  const config = JSON.parse(await readFile(join(FIXTURES, fixture, 'config.json'), 'utf8'));
  await writeJson('config.json', { ...config, ...changes });
  await writeJson('tokenizer.json', tokenizer('b'));
}
const writeJson = (name: string, value: unknown) =>
  writeFile(join(checkpointDir, name), JSON.stringify(value));
const compile = async (options: Partial<CompileOptions> = {}) =>
  (await compileModel({ checkpointDir, outDir, ...options })).compiled;

/** Made-up tokens, the second half of every row but the first padding; four positions. */
function sampleInput(batch: number, length: number) {
  return {
    inputIds: Int32Array.from({ length: batch * length }, (_, i) => 5 + ((i * 31) % 200)),
    attentionMask: Uint8Array.from({ length: batch * length }, (_, i) =>
      i < length || i % length < length / 2 ? 1 : 0,
    ),
    positions: Int32Array.of(2, 1, 0, 0, 0, 19, 2, 3),
    batch,
    length,
  };
}

describe('compileModel', () => {
  it('writes the model with its tokenizer and describes it', async () => {
    await prepare('v3-base-seqcls');
    await writeJson('tokenizer_config.json', { model_max_length: 128 });
    const { source, ...compiled } = await compile();
    expect(compiled).toEqual({
      format: 'heddle-version/1',
      family: 'deberta-v3',
      head: 'sequence-classification',
      tasks: ['text-classification', 'zero-shot-classification', 'attention'],
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
      'attention.onnx',
      'gather.onnx',
      'gpu.onnx',
      'model.onnx',
      'model.onnx.data',
      'tokenizer.json',
    ]);
    const files = { 'model.onnx': { sha256: source.sha256, bytes: 1 } };
    expect(versionManifest.safeParse({ ...compiled, source, files }).error).toBeUndefined();
  });

  it('adds the other lowering over the same weights, unless one is asked for', async () => {
    await prepare('v3-base-seqcls');
    await compile();
    const { size } = await stat(join(outDir, 'model.onnx.data'));
    const both = await readdir(outDir);
    outDir = join(dir, 'asked');
    await compile({ lowering: 'skew' });
    const asked = await readdir(outDir);
    expect(both.filter((name) => !asked.includes(name))).toEqual(['gather.onnx']);
    expect((await stat(join(outDir, 'model.onnx.data'))).size).toBe(size);
  });

  it('names the source by its bytes and what was wished for', async () => {
    await prepare('v3-regression');
    const first = await compile();
    outDir = join(dir, 'again');
    expect((await compile()).source).toEqual(first.source);
    expect(await sourceOf(checkpointDir)).toEqual(first.source);
    expect((await sourceOf(checkpointDir, { lowering: 'gather' })).sha256).not.toBe(first.source.sha256);
    await writeJson('tokenizer.json', tokenizer('c'));
    outDir = join(dir, 'changed');
    expect((await compile()).source.sha256).not.toBe(first.source.sha256);
  });

  it.each([
    ['v3-regression', ['text-classification', 'rerank', 'score', 'attention'], 'deberta-v3', [3, 1]],
    ['v1-tokcls', ['token-classification', 'attention'], 'deberta-v1', [3, 20, 3]],
    ['v2-multiple-choice', ['multiple-choice', 'attention'], 'deberta-v2', [3, 1]],
    ['ms-v3-discriminator-rtd', ['replaced-token-detection', 'attention'], 'deberta-v3', [3, 20]],
    ['ms-v2-mlm-emd-conv-2layers', ['fill-mask', 'attention'], 'deberta-v2', [4, 250]],
  ])('%s answers %j', async (fixture, tasks, family, dims) => {
    await prepare(fixture);
    const compiled = await compile();
    expect(compiled).toMatchObject({ tasks, family, onnx: { outputs: ['logits'] } });
    const session = await openSession(join(outDir, 'model.onnx'));
    const { logits } = await session.run(sampleInput(3, 20));
    expect(logits!.dims).toEqual(dims);
    expect(logits!.data.every(Number.isFinite)).toBe(true);
    await session.close();
  });

  it('has inputs and outputs by what the model reads and answers', async () => {
    await prepare('v2-types-abs');
    expect((await compile()).onnx).toEqual({
      opset: 20,
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
      outputs: ['tokens', 'mean', 'cls'],
    });
    await rm(checkpointDir, { recursive: true });
    await prepare('ms-v3-generator-mlm-emd');
    outDir = join(dir, 'mlm');
    const { onnx } = await compile();
    expect(onnx).toMatchObject({ inputs: ['input_ids', 'attention_mask', 'positions'], outputs: ['logits'] });
    expect(await readdir(outDir)).toContain('causal.onnx');
  });

  it("reads Microsoft's layout: a configuration of another name that says less", async () => {
    await prepare('ms-v3-discriminator-rtd', { model_type: undefined, architectures: undefined });
    await rename(join(checkpointDir, 'config.json'), join(checkpointDir, 'model_config.json'));
    expect(await compile()).toMatchObject({ family: 'deberta-v3', head: 'replaced-token-detection' });
  });

  it('takes wishes: head, labels, length', async () => {
    await prepare('v3-base-seqcls');
    expect(await compile({ labels: ['x', 'y', 'z'], maxTokens: 700, lowering: 'gather' })).toMatchObject({
      labels: ['x', 'y', 'z'],
      maxTokens: 700,
    });
    const session = await openSession(join(outDir, 'model.onnx'));
    expect((await session.run(sampleInput(1, 700))).logits!.dims).toEqual([1, 3]);
    await session.close();
    outDir = join(dir, 'features');
    expect(await compile({ head: 'features' })).toMatchObject({
      head: 'features',
      labels: [],
      tasks: ['embed', 'attention'],
    });
  });

  it('reports what it read, ignored and wrote, and how far it is', async () => {
    await prepare('ms-v3-discriminator-rtd');
    const told: Progress[] = [];
    const { report } = await compileModel({
      checkpointDir,
      outDir,
      head: 'features',
      onProgress: (progress) => told.push(progress),
    });
    expect(report).toMatchObject({ mlmHead: null, lowering: 'skew', weights: { dtypes: { F32: 38 } } });
    expect(report.weights.tensors).toBe(38);
    expect(report.weights.ignored.filter((name) => !name.startsWith('mask_predictions'))).toEqual([
      'deberta.embeddings.position_embeddings.weight',
    ]);
    expect(report.files).toHaveProperty('model.onnx.data');
    expect(Object.keys(report.seconds)).toEqual([
      'configuration',
      'main',
      'attention',
      'tokenizer',
      'digest',
    ]);
    expect(told.at(-1)).toEqual({ stage: 'digest', tensorsRead: 38, tensors: 38 });
  });

  it('stores the weights of all graphs once', async () => {
    await prepare('v3-base-seqcls');
    const { report } = await compileModel({ checkpointDir, outDir });
    const stored = report.weights.values * 4;
    // Tables of three layers replace one of relative embeddings; alignment and small tensors are the rest.
    const tables = 3 * 2 * 32 * 48 * 4;
    expect(report.files['model.onnx.data']).toBeGreaterThan(0.9 * stored);
    expect(report.files['model.onnx.data']).toBeLessThan(1.2 * (stored + tables));
  });

  it.each([1e30, 0, -1, 4.5, '512', null])('passes over a model_max_length of %j', async (length) => {
    await prepare('v3-multi-label');
    await writeJson('tokenizer_config.json', { model_max_length: length });
    expect(await compile()).toMatchObject({
      maxTokens: 512,
      tasks: ['text-classification', 'attention'],
      problemType: 'multi_label_classification',
    });
  });

  it.each(['v3-base-seqcls', 'v1-tokcls'])('%s answers the same in any batch', async (fixture) => {
    await prepare(fixture);
    const { labels, head } = await compile();
    const session = await openSession(join(outDir, 'model.onnx'), { threads: 1 });
    const texts = [3, 40, 1, 17, 55, 8].map((length, text) =>
      Array.from({ length }, (_, i) => 5 + ((i * 31 + text * 17) % 200)),
    );
    const length = 60;
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
    await prepare('v3-regression', { model_type: 'bert' });
    await refused({ code: 'unsupported-architecture' });
    await writeFile(join(checkpointDir, 'config.json'), '{"model_type": "deb');
    await refused({ code: 'invalid-config' });
  });

  it.each([7, 12.5, 100_000])('a length of %d tokens', async (maxTokens) => {
    await prepare('v3-regression');
    await expect(compile({ maxTokens })).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('a length beyond the table of absolute positions', async () => {
    await prepare('v2-types-abs');
    await expect(compile({ maxTokens: 65 })).rejects.toMatchObject({
      message: expect.stringContaining('8 to 64'),
    });
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
