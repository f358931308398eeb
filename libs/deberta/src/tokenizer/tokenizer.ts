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
  strategy?: 'longest-first' | 'only-first';
  /** Whether the token offsets are wanted. */
  offsets?: boolean;
}

export interface Tokenizer {
  /** Errors: `input-too-long` with `max` and `actual`, `tokenizer-error`. */
  encode(input: EncodeInput, options: EncodeOptions): Promise<Encoding>;
  /** Id of [UNK]. */
  unknownId: number;
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
    unknownId: native.tokenToId('[UNK]') ?? native.tokenToId('<unk>') ?? -1,
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
): Encoding {
  const around =
    template.before.length + template.afterFirst.length + (second ? template.afterSecond.length : 0);
  const lengths: [number, number] = [first.length, second?.length ?? 0];
  const actual = lengths[0] + lengths[1] + around;
  const kept = keep(lengths, actual, around, options);
  const length = kept[0] + kept[1] + around;
  const encoding: Encoding = {
    ids: new Int32Array(length),
    length,
    special: new Uint8Array(length),
    offsets: options.offsets ? new Int32Array(length * 2) : null,
    truncated: actual - length,
  };
  let position = 0;
  const addSpecials = (ids: number[]) => {
    encoding.ids.set(ids, position);
    encoding.special.fill(1, position, position + ids.length);
    position += ids.length;
  };
  const addText = (tokens: Tokens, count: number) => {
    copyTokens(
      tokens,
      options.truncationSide === 'left' ? tokens.length - count : 0,
      count,
      encoding,
      position,
    );
    position += count;
  };
  addSpecials(template.before);
  addText(first, kept[0]);
  addSpecials(template.afterFirst);
  if (second) {
    addText(second, kept[1]);
    addSpecials(template.afterSecond);
  }
  return encoding;
}

/** Tokens [from, from + count) of a text into `encoding` at `position`. */
function copyTokens(tokens: Tokens, from: number, count: number, encoding: Encoding, position: number): void {
  let pieceStart = 0;
  for (const { native, start } of tokens.pieces) {
    const length = native.getLength();
    const first = Math.max(from, pieceStart) - pieceStart;
    const last = Math.min(from + count, pieceStart + length) - pieceStart;
    if (first < last) {
      const target = position + pieceStart + first - from;
      const ids = native.getIds();
      encoding.ids.set(last - first === length ? ids : ids.slice(first, last), target);
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
  if (!truncate || (strategy === 'only-first' && firstRoom < 1)) {
    throw new HeddleError('input-too-long', `The input has ${actual} tokens; the model takes ${maxTokens}.`, {
      extra: { max: maxTokens, actual },
    });
  }
  return strategy === 'only-first' ? [firstRoom, lengths[1]] : longestFirst(lengths[0], lengths[1], room);
}
