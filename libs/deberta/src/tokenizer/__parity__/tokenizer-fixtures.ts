import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { Encoding } from '../encoding.js';
import { parseObject } from '../json.js';
import { type ResolvedTokenizer, resolveTokenizer } from '../resolve.js';
import { openExactTokenizer } from '../sentencepiece/exact-tokenizer.js';
import { createTokenizer, type EncodeOptions, type Tokenizer } from '../tokenizer.js';

/** How one expectation of a parity fixture came out (format: shared/fixtures/README.md, section 1.3). */
export interface FixtureResult {
  /** Case and item, such as `texts/plain`. */
  id: string;
  kind: 'encode' | 'slow' | 'decode' | 'special-ids';
  /** What is different, or null. */
  fault: string | null;
}

interface Text {
  text: string;
  pair?: string;
}

interface EncodeItem extends Partial<Text> {
  id: string;
  batch?: Text[];
  options?: Options;
  expect?: ExpectedEncoding[];
  expect_error?: boolean;
  slow?: { input_ids: number[] };
}

interface DecodeItem {
  id: string;
  ids: number[];
  skip_special_tokens: boolean;
  expect: string;
}

interface Options {
  add_special_tokens?: boolean;
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second';
  max_length?: number;
  stride?: number;
  return_overflowing_tokens?: boolean;
  padding?: false | 'longest' | 'max_length';
  pad_to_multiple_of?: number;
}

interface ExpectedEncoding {
  input_ids: number[];
  token_type_ids: number[];
  attention_mask: number[];
  special_tokens_mask: number[];
  offsets: [number, number][];
  tokens: string[];
  word_ids: (number | null)[];
  sequence_ids: (number | null)[];
}

interface Manifest {
  special_ids: { pad: number; cls: number; sep: number; unk: number; mask: number; size: number };
  cases: { id: string; type: 'encode' | 'decode'; file: string }[];
}

/** Every expectation of one tokenizer fixture folder, in order. */
export async function runTokenizerFixture(dir: string): Promise<FixtureResult[]> {
  const read = async <T>(name: string) => JSON.parse(await readFile(join(dir, name), 'utf8')) as T;
  const manifest = await read<Manifest>('manifest.json');
  const { vocab_size: rows } = await read<{ vocab_size: number }>('config.json');
  const resolved = await resolveTokenizer(dir, rows);
  const tokenizer = await createTokenizer(resolved.json, parseObject(resolved.json, 'tokenizer.json'));
  const hasModel = (await readdir(dir)).includes('spm.model');
  const exact = hasModel ? await openExactTokenizer(dir, rows) : null;
  const { size, ...special } = manifest.special_ids;
  const results: FixtureResult[] = [
    {
      id: 'special_ids',
      kind: 'special-ids',
      fault: different({ ...resolved.special, size: resolved.vocabSize }, { ...special, size }),
    },
  ];
  for (const { id, type, file } of manifest.cases) {
    if (type === 'decode')
      for (const item of (await read<{ items: DecodeItem[] }>(file)).items)
        results.push({ id: `${id}/${item.id}`, kind: 'decode', fault: decodeFault(item, tokenizer) });
    else
      for (const item of (await read<{ items: EncodeItem[] }>(file)).items) {
        results.push({
          id: `${id}/${item.id}`,
          kind: 'encode',
          fault: await encodeFault(item, tokenizer, resolved),
        });
        if (!item.slow) continue;
        // Without an spm.model the slow tokenizer is the same byte-level BPE.
        const got = exact ? exact.encode(item.text!) : await idsOf(tokenizer, item.text!);
        results.push({ id: `${id}/${item.id}`, kind: 'slow', fault: different(got, item.slow.input_ids) });
      }
  }
  return results;
}

function decodeFault(item: DecodeItem, tokenizer: Tokenizer): string | null {
  return different(tokenizer.decode(item.ids, { skipSpecialTokens: item.skip_special_tokens }), item.expect);
}

async function encodeFault(
  item: EncodeItem,
  tokenizer: Tokenizer,
  resolved: ResolvedTokenizer,
): Promise<string | null> {
  const texts = item.batch ?? [item as Text];
  try {
    const encodings = [];
    for (const text of texts)
      encodings.push(...(await encode(text, item.options ?? {}, tokenizer, resolved)));
    if (item.expect_error) return 'was accepted';
    return different(padded(encodings.map(shown), item.options ?? {}, resolved.special.pad!), item.expect);
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'input-too-long') throw error;
    return item.expect_error ? null : `was refused: ${error.message}`;
  }
}

async function idsOf(tokenizer: Tokenizer, text: string): Promise<number[]> {
  const options: EncodeOptions = {
    maxTokens: Number.POSITIVE_INFINITY,
    truncate: false,
    truncationSide: 'right',
  };
  return Array.from((await tokenizer.encode({ text }, options)).ids);
}

const STRATEGIES = {
  true: 'longest-first',
  longest_first: 'longest-first',
  only_first: 'only-first',
  only_second: 'only-second',
} as const;

async function encode(
  input: Text,
  options: Options,
  tokenizer: Tokenizer,
  { modelMaxLength, truncationSide }: ResolvedTokenizer,
): Promise<Encoding[]> {
  const parts = { offsets: true, words: true, tokens: true };
  const limit = options.max_length ?? modelMaxLength ?? Number.POSITIVE_INFINITY;
  const maxTokens = options.truncation ? limit : Number.POSITIVE_INFINITY;
  if (options.return_overflowing_tokens)
    return tokenizer.encodeWindows(input, {
      ...parts,
      maxTokens,
      stride: options.stride ?? 0,
      cut: options.truncation === 'only_second' ? 'second' : 'first',
      truncationSide,
    });
  const encoding = await tokenizer.encode(input, {
    ...parts,
    maxTokens,
    truncate: true,
    truncationSide,
    strategy: options.truncation ? STRATEGIES[`${options.truncation}`] : 'longest-first',
    specialTokens: options.add_special_tokens ?? true,
  });
  return [encoding];
}

function shown(encoding: Encoding): ExpectedEncoding {
  const { ids, typeIds, special, offsets, words, tokens, pairStart } = encoding;
  return {
    input_ids: Array.from(ids),
    token_type_ids: Array.from(typeIds),
    attention_mask: Array.from(ids, () => 1),
    special_tokens_mask: Array.from(special),
    offsets: Array.from(ids, (_, i) => [offsets![i * 2]!, offsets![i * 2 + 1]!]),
    tokens: tokens!,
    word_ids: Array.from(words!, (word) => (word < 0 ? null : word)),
    sequence_ids: Array.from(special, (isSpecial, i) => (isSpecial ? null : Number(i >= pairStart))),
  };
}

/** Serving pads in the batcher; here it is done as transformers does, on the right. */
function padded(encodings: ExpectedEncoding[], options: Options, padId: number): ExpectedEncoding[] {
  if (!options.padding) return encodings;
  const multiple = options.pad_to_multiple_of ?? 1;
  const longest = Math.max(...encodings.map(({ input_ids }) => input_ids.length));
  const wanted = options.padding === 'max_length' ? options.max_length! : longest;
  const length = Math.ceil(wanted / multiple) * multiple;
  return encodings.map((encoding) => {
    const fill = <T>(list: T[], value: T): T[] => [
      ...list,
      ...Array<T>(Math.max(0, length - list.length)).fill(value),
    ];
    return {
      input_ids: fill(encoding.input_ids, padId),
      token_type_ids: fill(encoding.token_type_ids, 0),
      attention_mask: fill(encoding.attention_mask, 0),
      special_tokens_mask: fill(encoding.special_tokens_mask, 1),
      offsets: fill(encoding.offsets, [0, 0]),
      tokens: fill(encoding.tokens, '[PAD]'),
      word_ids: fill(encoding.word_ids, null),
      sequence_ids: fill(encoding.sequence_ids, null),
    };
  });
}

/** The first difference between two values made of JSON's kinds, with its place; null if there is none. */
function different(got: unknown, want: unknown, place = ''): string | null {
  if (typeof want !== 'object' || want === null || typeof got !== 'object' || got === null)
    return got === want ? null : `${place}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`;
  for (const key of new Set([...Object.keys(got), ...Object.keys(want)])) {
    const fault = different(
      (got as Record<string, unknown>)[key],
      (want as Record<string, unknown>)[key],
      `${place}.${key}`,
    );
    if (fault) return fault;
  }
  return null;
}
