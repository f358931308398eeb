import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { mutate, type Random } from '@heddle/testing';
import { resolveTokenizer } from '../../src/tokenizer/resolve.js';
import { composeJson } from './compose-json.js';
import { mutateJson } from './mutate-json.js';
import { mutateSpm } from './mutate-spm.js';

/** A good folder, and the file of it that is damaged. */
export interface Target {
  name: string;
  files: Record<string, Buffer>;
  file: string;
  /** Rows of the embedding table that a tokenizer must fit; null for a whole checkpoint, which is compiled. */
  rows: number | null;
  mutant(random: Random): Buffer;
}

const fixture = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
const TOKENIZERS = 'tokenizer/__fixtures__/folders';
const PIPELINES = 'tasks/__fixtures__/pipelines';
/** The vocabularies have fewer tokens: some ids beyond them are in the table too. */
const ROWS = 1_000;

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const token = (content: string, more = {}) => ({
  content,
  lstrip: false,
  normalized: false,
  rstrip: false,
  single_word: false,
  special: true,
  ...more,
});
const ROLES = {
  bos_token: '[CLS]',
  cls_token: '[CLS]',
  eos_token: '[SEP]',
  mask_token: '[MASK]',
  pad_token: '[PAD]',
  sep_token: '[SEP]',
  unk_token: '[UNK]',
};
const settings = {
  'tokenizer_config.json': json({
    ...ROLES,
    additional_special_tokens: ['<a>', token('<b>')],
    do_lower_case: false,
    split_by_punct: true,
    add_prefix_space: false,
    model_max_length: 512,
    truncation_side: 'right',
    extra_special_tokens: {},
  }),
  'special_tokens_map.json': json({ ...ROLES, unk_token: token('[UNK]', { normalized: true }) }),
  'added_tokens.json': json({ '<c>': 700, '<d>': 701 }),
};
const modern = {
  'tokenizer_config.json': json({
    ...ROLES,
    added_tokens_decoder: { 0: token('[PAD]'), 1: token('[CLS]'), 2: token('[SEP]'), 700: token('[MASK]') },
    model_max_length: 512,
  }),
};

const vectors = {
  'modules.json': json(
    ['Transformer', 'Pooling', 'Normalize'].map((kind, idx) => ({
      idx,
      path: idx === 0 ? '' : `${idx}_${kind}`,
      type: `sentence_transformers.models.${kind}`,
    })),
  ),
  '1_Pooling.config.json': json({
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
    include_prompt: true,
  }),
};

async function filesOf(folder: string, ...names: string[]): Promise<Record<string, Buffer>> {
  const files = names.map(async (name) => [name, await readFile(fixture(`${folder}/${name}`))] as const);
  return Object.fromEntries(await Promise.all(files));
}

const jsonOf = async (folder: string) => Buffer.from((await resolveTokenizer(fixture(folder), ROWS)).json);

/** Every kind of file that a tokenizer or a configuration is read from. */
export async function fuzzTargets(): Promise<Target[]> {
  const spm = await filesOf(`${TOKENIZERS}/small-charsmap`, 'spm.model');
  const spmBpe = await filesOf('tokenizer/__fixtures__/bpe', 'spm.model');
  const v1 = await filesOf(`${TOKENIZERS}/v1-vocab-merges`, 'vocab.json', 'merges.txt');
  const encoder = await filesOf(`${TOKENIZERS}/v1-bpe-encoder-bin`, 'bpe_encoder.bin');
  const unigramJson = { 'tokenizer.json': await jsonOf(`${TOKENIZERS}/small-charsmap`) };
  const bpeJson = { 'tokenizer.json': await jsonOf(`${TOKENIZERS}/v1-vocab-merges`) };
  const [v3Model, v1Model, mlm] = await Promise.all([
    filesOf(`${PIPELINES}/rerank`, 'config.json', 'tokenizer_config.json', 'spm.model', 'model.safetensors'),
    filesOf(
      `${PIPELINES}/token-classification-v1`,
      ...['config.json', 'tokenizer_config.json', 'vocab.json', 'merges.txt', 'model.safetensors'],
    ),
    filesOf(`${PIPELINES}/fill-mask-hf-new`, 'config.json', 'spm.model', 'model.safetensors'),
  ]);
  return [
    ...both('unigram', { ...unigramJson, ...settings }, 'tokenizer.json'),
    ...both('byte-level', bpeJson, 'tokenizer.json'),
    ...[unigramJson, bpeJson, bpeJson, unigramJson].map((files) => composed(files)),
    ...Object.keys(settings).flatMap((file) => both('spm', { ...spm, ...settings }, file)),
    ...Object.keys(settings).flatMap((file) => both('json', { ...unigramJson, ...settings }, file)),
    ...both('modern', { ...spm, ...modern }, 'tokenizer_config.json'),
    ...both('modern byte-level', { ...v1, ...modern }, 'tokenizer_config.json'),
    bytes('unigram', { ...spm, ...settings }, 'spm.model'),
    fields('unigram', spm),
    bytes('byte pairs', spmBpe, 'spm.model'),
    fields('byte pairs', spmBpe),
    ...both('v1', v1, 'vocab.json'),
    bytes('v1', v1, 'merges.txt'),
    bytes('Microsoft', encoder, 'bpe_encoder.bin'),
    pickle(encoder['bpe_encoder.bin']!),
    ...both('v3', v3Model, 'config.json', null),
    ...both('v1', v1Model, 'config.json', null),
    ...both('masked-lm', mlm, 'config.json', null),
    ...both('Microsoft', microsoft(v3Model), 'model_config.json', null),
    ...both('v3', v3Model, 'tokenizer_config.json', null),
    ...Object.keys(vectors).flatMap((file) => both('vectors', { ...v3Model, ...vectors }, file, null)),
  ];
}

type Files = Target['files'];

/** Damaged as bytes, and as JSON that stays JSON. */
function both(name: string, files: Files, file: string, rows: number | null = ROWS): Target[] {
  const text = files[file]!.toString();
  return [
    bytes(name, files, file, rows),
    { name: `${name}: ${file} as JSON`, files, file, rows, mutant: (random) => mutateJson(text, random) },
  ];
}

/** Sound, but of other components: what the native tokenizer does with those that are let through. */
function composed(files: Files): Target {
  const file = 'tokenizer.json';
  const text = files[file]!.toString();
  return {
    name: `composed: ${file}`,
    files,
    file,
    rows: ROWS,
    mutant: (random) => composeJson(text, random),
  };
}

function bytes(name: string, files: Files, file: string, rows: number | null = ROWS): Target {
  const honest = files[file]!;
  return { name: `${name}: ${file}`, files, file, rows, mutant: (random) => mutate(honest, random) };
}

function fields(name: string, files: Files): Target {
  const honest = files['spm.model']!;
  const mutant = (random: Random) => mutateSpm(honest, random);
  return { name: `${name}: fields of spm.model`, files, file: 'spm.model', rows: ROWS, mutant };
}

/** The pickle alone, without the checksums of the archive around it. */
function pickle(archive: Buffer): Target {
  const start = 30 + archive.readUInt16LE(26) + archive.readUInt16LE(28);
  const honest = archive.subarray(start, archive.indexOf('PK\x07\x08', start, 'latin1'));
  return bytes('bare', { 'bpe_encoder.bin': honest }, 'bpe_encoder.bin');
}

/** Without a model_type a configuration is Microsoft's. */
function microsoft({ 'config.json': config, ...files }: Files): Files {
  const { model_type: _, ...own } = JSON.parse(config!.toString()) as Record<string, unknown>;
  return {
    ...files,
    'model_config.json': json({ ...own, pooling: { hidden_size: 32, hidden_act: 'gelu' } }),
  };
}
