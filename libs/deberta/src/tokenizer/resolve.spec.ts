import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveTokenizer, tokenizerFiles } from './resolve.js';
import { createTokenizer, openTokenizer } from './tokenizer.js';

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const HOSTILE = fileURLToPath(new URL('../../../../../shared/fixtures/hostile', import.meta.url));
/** Rows of an embedding table that no fixture's vocabulary exceeds. */
const ROWS = 1_000;
/**
 * Published checkpoints are refused at once; this is what the project promises for hostile ones. Of the processor's time,
 * which nobody else on the machine makes longer.
 */
const REFUSAL_MS = 2_000;

const BASES = {
  'tokenizer.json': ['tokenizer.json'],
  'spm.model': ['folders/small-charsmap/spm.model'],
  'vocab.json': ['folders/v1-vocab-merges/vocab.json', 'folders/v1-vocab-merges/merges.txt'],
  'bpe_encoder.bin': ['folders/v1-bpe-encoder-bin/bpe_encoder.bin'],
};
type Base = keyof typeof BASES;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-tokenizer-'));
});
afterEach(() => rm(dir, { recursive: true }));

const put = async (...bases: Base[]) => {
  for (const base of bases)
    for (const name of BASES[base]) await copyFile(fixture(name), join(dir, basename(name)));
};
const write = (name: string, content: unknown) =>
  writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
const resolve = () => resolveTokenizer(dir, ROWS);
const refusal = (file: string, message: RegExp) => ({
  code: 'unsupported-tokenizer',
  message: expect.stringMatching(new RegExp(`^${file}: .*${message.source}`)),
});

describe('a checkpoint folder', () => {
  it('is read by the first source that is complete', async () => {
    await put('bpe_encoder.bin');
    expect((await resolve()).files).toEqual(['bpe_encoder.bin']);
    await put('vocab.json');
    expect((await resolve()).files).toEqual(['vocab.json', 'merges.txt']);
    await put('spm.model');
    expect((await resolve()).files).toEqual(['spm.model']);
    await put('tokenizer.json');
    await write('tokenizer_config.json', { model_max_length: 128 });
    expect(await resolve()).toMatchObject({
      files: ['tokenizer.json', 'tokenizer_config.json'],
      modelMaxLength: 128,
      vocabSize: 721,
    });
  });

  it('is refused when it holds no vocabulary, or half of one', () => {
    const refused = expect.objectContaining({ code: 'unsupported-tokenizer' });
    expect(() => tokenizerFiles(['config.json'])).toThrow(refused);
    expect(() => tokenizerFiles(['vocab.json', 'tokenizer_config.json'])).toThrow(/no tokenizer/);
  });

  it('keeps a tokenizer.json as it is when nothing is to be added', async () => {
    await put('tokenizer.json');
    expect((await resolve()).json).toBe(await readFile(fixture('tokenizer.json'), 'utf8'));
  });

  it('gives Microsoft ids to the pieces of bpe_encoder.bin', async () => {
    await put('bpe_encoder.bin');
    const { json } = await resolve();
    const vocab = JSON.parse(await readFile(fixture('folders/v1-vocab-merges/vocab.json'), 'utf8'));
    expect(JSON.parse(json).model.vocab).toEqual(vocab);
  });

  it('may hold a BPE model of SentencePiece', async () => {
    await copyFile(fixture('bpe/spm.model'), join(dir, 'spm.model'));
    const { json } = await resolve();
    const tokenizer = await createTokenizer(json, JSON.parse(json));
    const rows = JSON.parse(await readFile(fixture('bpe/texts.json'), 'utf8')) as {
      id: string;
      text: string;
      ids: number[];
    }[];
    expect(rows.length).toBeGreaterThan(90);
    for (const { id, text, ids } of rows) {
      const encoding = await tokenizer.encode(
        { text },
        { maxTokens: 512, truncate: false, truncationSide: 'right' },
      );
      expect([...encoding.ids], id).toEqual(ids);
    }
  });
});

describe('settings', () => {
  interface Case {
    base: Base;
    files: Record<string, Record<string, unknown>>;
    expect: {
      added_tokens: Record<string, unknown>[];
      single: Record<string, unknown>;
      add_prefix_space: boolean | null;
      members: string[];
      pad: number;
      unk: number;
      mask: number;
      side: string;
    };
  }
  const cases = JSON.parse(readFileSync(fixture('settings.json'), 'utf8')) as Case[];

  it.each(cases.map((one, i) => [`${i} ${one.base}`, one] as const))(
    'mean what they mean to transformers: %s',
    async (_, { base, files, expect: wanted }) => {
      await put(base);
      for (const [name, content] of Object.entries(files)) await write(name, content);
      const resolved = await resolve();
      const json = JSON.parse(resolved.json);
      for (const token of json.added_tokens) delete token.role;
      expect(json.added_tokens).toEqual(wanted.added_tokens);
      expect(json.post_processor.special_tokens).toEqual(wanted.single);
      expect(json.pre_tokenizer.add_prefix_space ?? null).toBe(wanted.add_prefix_space);
      const components = [
        ...(json.normalizer?.normalizers ?? []),
        ...(json.pre_tokenizer.pretokenizers ?? []),
      ];
      expect(components.map(({ type }: { type: string }) => type)).toEqual(wanted.members);
      const { pad, unk, mask } = wanted;
      expect(resolved.special).toMatchObject({ pad, unk, mask });
      expect(resolved.truncationSide).toBe(wanted.side);
    },
  );

  it('are found again by a worker that has only the tokenizer.json', async () => {
    await put('spm.model');
    await write('tokenizer_config.json', { mask_token: '<gap>', pad_token: '<nothing>' });
    const { json, special } = await resolve();
    await write('kept.json', json);
    expect((await openTokenizer(join(dir, 'kept.json'))).special).toEqual(special);
    expect(special).toMatchObject({ pad: 230, mask: 231 });
  });

  it.each([
    [1e30, null],
    [512, 512],
    [4, null],
    ['512', null],
  ])('name %s as the longest input: %s', async (given, meant) => {
    await put('vocab.json');
    await write('tokenizer_config.json', { model_max_length: given });
    expect((await resolve()).modelMaxLength).toBe(meant);
  });

  it('take the template from their own tokens where there is no [CLS]', async () => {
    await write('vocab.json', { '<s>': 0, '</s>': 1, a: 2, b: 3 });
    await write('merges.txt', '#version: 0.2\n');
    await write('tokenizer_config.json', {
      cls_token: '<s>',
      bos_token: '<s>',
      sep_token: '</s>',
      eos_token: '</s>',
    });
    expect((await resolve()).special).toMatchObject({ cls: 0, sep: 1 });
  });
});

describe('what is refused', () => {
  it.each<[string, Base, string, unknown, RegExp]>([
    ['settings that are no JSON', 'spm.model', 'tokenizer_config.json', '{', /is not JSON/],
    [
      'settings of the wrong kind',
      'spm.model',
      'tokenizer_config.json',
      { do_lower_case: 'yes' },
      /do_lower/,
    ],
    ['a nameless token', 'spm.model', 'tokenizer_config.json', { cls_token: {} }, /no content/],
    [
      'added tokens without id',
      'spm.model',
      'tokenizer_config.json',
      { added_tokens_decoder: { x: {} } },
      /no id/,
    ],
    [
      'settings nested by the thousand',
      'spm.model',
      'tokenizer_config.json',
      `{"x": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      /nested too deeply/,
    ],
    ['an spm.model that is none', 'spm.model', 'spm.model', 'hello', /is cut off|has a field/],
    ['an empty spm.model', 'spm.model', 'spm.model', '', /has no pieces/],
    ['a vocabulary that is none', 'vocab.json', 'vocab.json', { a: 'b' }, /has no id/],
    ['ids beyond the embeddings', 'vocab.json', 'vocab.json', { a: 5_000 }, /outside the model/],
    ['a merge of three', 'vocab.json', 'merges.txt', '#\na b c\n', /not a pair/],
    ['a merge of unknown pieces', 'vocab.json', 'merges.txt', '#\nqx qy\n', /not in vocab.json/],
    ['a bpe_encoder.bin that is none', 'bpe_encoder.bin', 'bpe_encoder.bin', 'hello', /./],
  ])('%s', async (_, base, name, content, message) => {
    await put(base);
    await write(name, content);
    const merges = name === 'vocab.json' && JSON.stringify(content).includes('5000');
    if (merges) await write('merges.txt', '#\n');
    await expect(resolve()).rejects.toMatchObject(
      name === 'bpe_encoder.bin' ? { code: 'unsupported-tokenizer' } : refusal(name, message),
    );
  });

  it('a token of which normalisation leaves nothing: it would end the process inside of a character', async () => {
    await put('spm.model');
    await write('tokenizer_config.json', { unk_token: ' ' });
    await expect(resolve()).rejects.toMatchObject(refusal('tokenizer.json', /leaves nothing of .*" "/));
  });

  if (!existsSync(HOSTILE)) console.log('not run: ../shared/fixtures is missing');
  describe.runIf(existsSync(HOSTILE))('of ../shared/fixtures/hostile', () => {
    interface Manifest {
      kind: string;
      cases: { stage?: string }[];
    }
    const manifestOf = (name: string) =>
      JSON.parse(readFileSync(join(HOSTILE, name, 'manifest.json'), 'utf8')) as Manifest;
    const names = (existsSync(HOSTILE) ? readdirSync(HOSTILE) : []).filter(
      (name) => manifestOf(name).cases[0]!.stage === 'tokenizer',
    );

    it('is a handful', () => expect(names.length).toBeGreaterThanOrEqual(5));

    it.each(names)('%s, in time and naming the file', async (name) => {
      const file = name.startsWith('spm') ? 'spm.model' : 'tokenizer.json';
      const before = process.cpuUsage();
      await expect(resolveTokenizer(join(HOSTILE, name), ROWS)).rejects.toMatchObject(refusal(file, /./));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(REFUSAL_MS);
    });

    it('but not their honest originals', async () => {
      expect((await resolveTokenizer(join(HOSTILE, 'control-safetensors'), ROWS)).vocabSize).toBe(231);
    });
  });
});
