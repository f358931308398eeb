import { HeddleError } from '@heddle/contracts';
import type { Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from 'tokenizers';
import type { Encoding } from './encoding.js';
import { cutIntoPieces } from './pieces.js';
import type { TokenRange } from './truncation.js';

/** How a tokenizer treats a text as a whole. */
export interface TextRules {
  /** A long text may be tokenised in pieces. */
  divisible: boolean;
  /** The post-processor takes blanks off the offsets. */
  trimsOffsets: boolean;
}

/** A text's tokens without special ones, in the pieces it was tokenised in. */
export interface TextTokens {
  pieces: Piece[];
  length: number;
}

interface Piece {
  native: NativeEncoding;
  /** Where the piece begins in the text, in code points. */
  start: number;
  /** Words of the text before the piece. */
  firstWord: number;
  /** Copies of native lists, made once however many windows are cut from them. */
  ids?: number[];
  words?: (number | null | undefined)[];
  tokens?: string[];
}

/** `words` says whether copyTokens will be asked for words. Errors: `tokenizer-error`. */
export async function tokenise(
  native: NativeTokenizer,
  text: string,
  rules: TextRules,
  words: boolean,
): Promise<TextTokens> {
  const tokens: TextTokens = { pieces: [], length: 0 };
  let firstWord = 0;
  for (const { text: part, start } of rules.divisible ? cutIntoPieces(text) : [{ text, start: 0 }]) {
    const encoded = await encodeText(native, part, rules.trimsOffsets);
    const piece: Piece = { native: encoded, start, firstWord };
    tokens.pieces.push(piece);
    tokens.length += encoded.getLength();
    if (words) firstWord += countWords(wordsOf(piece));
  }
  return tokens;
}

/** The tokens of `range` into `encoding`, from `position` on. */
export function copyTokens(
  tokens: TextTokens,
  range: TokenRange,
  encoding: Encoding,
  position: number,
): void {
  let pieceStart = 0;
  for (const piece of tokens.pieces) {
    const length = piece.native.getLength();
    const first = Math.max(range.from, pieceStart) - pieceStart;
    const last = Math.min(range.from + range.count, pieceStart + length) - pieceStart;
    if (first < last) copyFromPiece(piece, first, last, encoding, position + pieceStart + first - range.from);
    pieceStart += length;
  }
}

function copyFromPiece(
  piece: Piece,
  first: number,
  last: number,
  encoding: Encoding,
  position: number,
): void {
  const { native, start, firstWord } = piece;
  piece.ids ??= native.getIds();
  const ids = last - first === piece.ids.length ? piece.ids : piece.ids.slice(first, last);
  encoding.ids.set(ids, position);
  for (let i = first; encoding.offsets && i < last; i++) {
    const [begin, end] = charsOf(native, i, start > 0);
    encoding.offsets.set([start + begin, start + end], (position + i - first) * 2);
  }
  for (let i = first; encoding.words && i < last; i++) {
    const word = wordsOf(piece)[i];
    if (typeof word === 'number') encoding.words[position + i - first] = firstWord + word;
  }
  if (encoding.tokens) {
    piece.tokens ??= native.getTokens();
    for (let i = first; i < last; i++) encoding.tokens[position + i - first] = piece.tokens[i]!;
  }
}

async function encodeText(native: NativeTokenizer, text: string, trim: boolean): Promise<NativeEncoding> {
  try {
    const encoded = await native.encode(text, null, { addSpecialTokens: false });
    return trim ? native.postProcess(encoded, null, false) : encoded;
  } catch (cause) {
    throw new HeddleError('tokenizer-error', 'The text cannot be tokenised.', { cause });
  }
}

function wordsOf(piece: Piece): (number | null | undefined)[] {
  piece.words ??= piece.native.getWordIds();
  return piece.words;
}

/** Words are numbered in the order of their tokens. */
function countWords(words: (number | null | undefined)[]): number {
  return (words.at(-1) ?? -1) + 1;
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
