import { readFile } from 'node:fs/promises';
import { HeddleError } from '@heddle/contracts';
import { type Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from 'tokenizers';
import { checkTokenizerJson } from './check.js';
import type { Encoding } from './encoding.js';
import { cutIntoPieces } from './pieces.js';
import { longestFirst } from './truncation.js';

interface EncodeInput {
  text: string;
  pair?: string | undefined;
}

export interface EncodeOptions {
  /** Longest sequence, special tokens included. */
  maxTokens: number;
  /** Cut what is too long; otherwise it is an error. */
  truncate: boolean;
  truncationSide: 'left' | 'right';
  /** Which side of a pair may be cut. */
  strategy?: 'longest-first' | 'only-first' | 'only-second';
  /** Tokens of the second text that are looked at, before the pair is cut. */
  maxSecond?: number;
  /** Whether the token offsets are wanted. */
  offsets?: boolean;
  words?: boolean;
}

export interface WindowOptions {
  maxTokens: number;
  stride: number;
  cut: 'first' | 'second';
  offsets?: boolean;
  words?: boolean;
}

export interface Tokenizer {
  /** Errors: `input-too-long` with `max` and `actual`, `tokenizer-error`. */
  encode(input: EncodeInput, options: EncodeOptions): Promise<Encoding>;
  encodeWindows(input: EncodeInput, options: WindowOptions): Promise<Encoding[]>;
  special: { pad: number; cls: number; sep: number; unk: number; mask: number };
  idToToken(id: number): string | null;
  tokenToId(token: string): number | null;
  decode(ids: number[], options: { skipSpecialTokens: boolean }): Promise<string>;
}

/** Special tokens around a single text and a pair: [CLS] A [SEP] and [CLS] A [SEP] B [SEP]. */
interface Template {
  before: number[];
  afterFirst: number[];
  afterSecond: number[];
}

/** A text's tokens, in the pieces it was tokenised in. */
interface Tokens {
  pieces: { native: NativeEncoding; start: number }[];
  length: number;
}

/** Opens a `tokenizer.json` that was checked when its model was imported. Errors: `unsupported-tokenizer`. */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const native = await open(await readFile(path, 'utf8'));
  const template = await templateOf(native);
  const divisible = !hasBlankTokens(native);
  return {
    special: {
      pad: native.tokenToId('[PAD]') ?? -1,
      cls: native.tokenToId('[CLS]') ?? -1,
      sep: native.tokenToId('[SEP]') ?? -1,
      unk: native.tokenToId('[UNK]') ?? -1,
      mask: native.tokenToId('[MASK]') ?? -1,
    },
    idToToken: (id) => native.idToToken(id),
    tokenToId: (token) => native.tokenToId(token),
    decode: (ids, { skipSpecialTokens }) => native.decode(ids, skipSpecialTokens),
    encodeWindows: async ({ text, pair }, { maxTokens, stride, cut, offsets = false, words = false }) => {
      const [first, second] = await Promise.all([
        tokensOf(native, text, divisible),
        pair === undefined ? null : tokensOf(native, pair, divisible),
      ]);
      const options = { maxTokens: Number.POSITIVE_INFINITY, truncate: false, offsets, words } as const;
      const whole = assemble(template, first, second, { ...options, truncationSide: 'right' });
      const long = cut === 'first' ? first.length : second!.length;
      const room = maxTokens - (whole.length - long);
      const encodings: Encoding[] = [];
      for (let from = 0; from === 0 || from + stride < long; from += room - stride) {
        const count = Math.min(room, long - from);
        encodings.push(
          assemble(template, first, second, { ...options, truncationSide: 'right' }, { cut, from, count }),
        );
        if (from + count >= long) break;
      }
      return encodings;
    },
    encode: async ({ text, pair }, options) => {
      const [first, second] = await Promise.all([
        tokensOf(native, text, divisible),
        pair === undefined ? null : tokensOf(native, pair, divisible),
      ]);
      return assemble(template, first, second, options);
    },
  };
}

/**
 * Checks a `tokenizer.json` from outside and opens it. `vocabSize` is the number of rows of the embedding table.
 * Errors: `unsupported-tokenizer` naming what is wrong.
 */
export async function verifyTokenizer(path: string, vocabSize: number): Promise<void> {
  await checkTokenizerJson(path, vocabSize);
  await templateOf(await open(await readFile(path, 'utf8')));
}

async function open(json: string): Promise<NativeTokenizer> {
  try {
    const native = NativeTokenizer.fromString(json);
    // Padding and truncation are ours: these would be settings of the whole tokenizer, not of one call.
    native.disablePadding();
    native.disableTruncation();
    return native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('unsupported-tokenizer', `tokenizer.json cannot be opened: ${reason}`, { cause });
  }
}

/** Read from the tokenizer's own post-processor, by letting it join two texts that must stay recognisable. */
async function templateOf(native: NativeTokenizer): Promise<Template> {
  const probe = await encodeText(native, 'a');
  const ids = native.postProcess(probe, await encodeText(native, 'a'), true).getIds();
  const text = probe.getIds();
  const first = indexOf(ids, text, 0);
  const second = first < 0 ? -1 : indexOf(ids, text, first + text.length);
  if (first < 1 || second <= first + text.length - 1 || second + text.length >= ids.length) {
    throw new HeddleError(
      'unsupported-tokenizer',
      'tokenizer.json: the post-processor must give [CLS] A [SEP] B [SEP], or the same with other special tokens.',
    );
  }
  return {
    before: ids.slice(0, first),
    afterFirst: ids.slice(first + text.length, second),
    afterSecond: ids.slice(second + text.length),
  };
}

function indexOf(ids: number[], part: number[], from: number): number {
  for (let start = from; part.length > 0 && start + part.length <= ids.length; start++) {
    if (part.every((id, i) => ids[start + i] === id)) return start;
  }
  return -1;
}

/** An added token with a blank inside may reach over a cut. */
function hasBlankTokens(native: NativeTokenizer): boolean {
  const plain = native.getVocab(false);
  return Object.keys(native.getVocab(true)).some(
    (token) => token.includes(' ') && !Object.hasOwn(plain, token),
  );
}

async function tokensOf(native: NativeTokenizer, text: string, divisible: boolean): Promise<Tokens> {
  const tokens: Tokens = { pieces: [], length: 0 };
  for (const piece of divisible ? cutIntoPieces(text) : [{ text, start: 0 }]) {
    const encoded = await encodeText(native, piece.text);
    tokens.pieces.push({ native: encoded, start: piece.start });
    tokens.length += encoded.getLength();
  }
  return tokens;
}

async function encodeText(native: NativeTokenizer, text: string): Promise<NativeEncoding> {
  try {
    return await native.encode(text, null, { addSpecialTokens: false });
  } catch (cause) {
    throw new HeddleError('tokenizer-error', 'The text cannot be tokenised.', { cause });
  }
}

function assemble(
  template: Template,
  first: Tokens,
  second: Tokens | null,
  options: EncodeOptions,
  window?: { cut: 'first' | 'second'; from: number; count: number },
): Encoding {
  const around =
    template.before.length + template.afterFirst.length + (second ? template.afterSecond.length : 0);
  const whole = [first.length, second?.length ?? 0] as const;
  const lengths: [number, number] = [
    window?.cut === 'first' ? window.count : whole[0],
    window?.cut === 'second' ? window.count : Math.min(whole[1], options.maxSecond ?? whole[1]),
  ];
  const actual = lengths[0] + lengths[1] + around;
  const kept = keep(lengths, actual, around, options);
  const length = kept[0] + kept[1] + around;
  const encoding: Encoding = {
    ids: new Int32Array(length),
    length,
    special: new Uint8Array(length),
    offsets: options.offsets ? new Int32Array(length * 2) : null,
    typeIds: new Uint8Array(length),
    words: options.words ? new Int32Array(length).fill(-1) : null,
    truncated: window ? 0 : whole[0] + whole[1] + around - length,
  };
  let position = 0;
  const addSpecials = (ids: number[]) => {
    encoding.ids.set(ids, position);
    encoding.special.fill(1, position, position + ids.length);
    position += ids.length;
  };
  const addText = (tokens: Tokens, count: number, from: number) => {
    copyTokens(tokens, from, count, encoding, position);
    position += count;
  };
  const fromOf = (side: 'first' | 'second', index: 0 | 1) => {
    if (window?.cut === side) return window.from;
    return options.truncationSide === 'left' ? lengths[index] - kept[index] : 0;
  };
  addSpecials(template.before);
  addText(first, kept[0], fromOf('first', 0));
  addSpecials(template.afterFirst);
  if (second) {
    const start = position;
    addText(second, kept[1], fromOf('second', 1));
    addSpecials(template.afterSecond);
    encoding.typeIds.fill(1, start);
  }
  return encoding;
}

/** Tokens [from, from + count) of a text into `encoding` at `position`. */
function copyTokens(tokens: Tokens, from: number, count: number, encoding: Encoding, position: number): void {
  let pieceStart = 0;
  let word = 0;
  for (const { native, start } of tokens.pieces) {
    const wordIds = encoding.words ? native.getWordIds() : [];
    const firstWord = word;
    word += (wordIds.findLast((id) => typeof id === 'number') ?? -1) + 1;
    const length = native.getLength();
    const first = Math.max(from, pieceStart) - pieceStart;
    const last = Math.min(from + count, pieceStart + length) - pieceStart;
    if (first < last) {
      const target = position + pieceStart + first - from;
      const ids = native.getIds();
      encoding.ids.set(last - first === length ? ids : ids.slice(first, last), target);
      for (let i = first; encoding.words && i < last; i++) {
        const id = wordIds[i];
        encoding.words[target + i - first] = typeof id === 'number' ? firstWord + id : -1;
      }
      for (let i = first; encoding.offsets && i < last; i++) {
        const [begin, end] = charsOf(native, i, start > 0);
        encoding.offsets.set([start + begin, start + end], (target + i - first) * 2);
      }
    }
    pieceStart += length;
  }
}

/**
 * Where a token lies in its piece. The first token of a later piece belongs to the blank that the piece begins
 * with, which normalisation has stripped there: it starts at the blank, and is the blank alone where the next
 * token begins with the first character of the word.
 */
function charsOf(native: NativeEncoding, token: number, isLaterPiece: boolean): [number, number] {
  const [begin, end] = native.tokenToChars(token) ?? [0, 0];
  if (!isLaterPiece || token > 0) return [begin, end];
  const next = native.tokenToChars(1);
  return [0, next && next[0] < end ? 1 : end];
}

/** Tokens that stay of each side. */
function keep(
  lengths: [number, number],
  actual: number,
  around: number,
  options: EncodeOptions,
): [number, number] {
  const { maxTokens, truncate, strategy = 'longest-first' } = options;
  if (actual <= maxTokens) return lengths;
  const room = maxTokens - around;
  const firstRoom = room - lengths[1];
  const secondRoom = room - lengths[0];
  if (
    !truncate ||
    (strategy === 'only-first' && firstRoom < 1) ||
    (strategy === 'only-second' && secondRoom < 1)
  ) {
    throw new HeddleError('input-too-long', `The input has ${actual} tokens; the model takes ${maxTokens}.`, {
      extra: { max: maxTokens, actual },
    });
  }
  if (strategy === 'only-second') return [lengths[0], secondRoom];
  return strategy === 'only-first' ? [firstRoom, lengths[1]] : longestFirst(lengths[0], lengths[1], room);
}
