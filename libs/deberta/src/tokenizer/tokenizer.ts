import { readFile } from 'node:fs/promises';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { refuseFatalTokens } from './added-tokens.js';
import { assemble, type EncodingParts } from './assemble.js';
import { checkTokenizerJson } from './check.js';
import type { Encoding } from './encoding.js';
import { type Json, parseObject, readLimited } from './json.js';
import { refuse } from './refuse.js';
import { type SpecialIds, specialIds } from './special-ids.js';
import { type Layout, templateOf } from './template.js';
import { textRules } from './text-rules.js';
import { type TextTokens, tokenise } from './text-tokens.js';
import {
  cutText,
  keptTokens,
  sum,
  type TruncationSide,
  type TruncationStrategy,
  tooLong,
  windowsOf,
} from './truncation.js';
import { type Vocabulary, vocabularyOf } from './vocabulary.js';

interface EncodeInput {
  text: string;
  pair?: string | undefined;
}

export interface EncodeOptions extends EncodingParts {
  /** Longest sequence, special tokens included. */
  maxTokens: number;
  /** Cut what is too long; otherwise it is an error. */
  truncate: boolean;
  truncationSide: TruncationSide;
  /** Which side of a pair may be cut; longest-first unless given. */
  strategy?: TruncationStrategy;
  /** Tokens of the second text that are read at most, before the pair is cut. All of them unless given. */
  maxSecond?: number;
  /** Whether the template's special tokens are put around the texts; they are unless this is false. */
  specialTokens?: boolean;
}

interface WindowOptions extends EncodingParts {
  /** Longest window, special tokens included. */
  maxTokens: number;
  /** Tokens of the cut text that a window shares with the one before it. */
  stride: number;
  /** The text that is cut; the other one is whole in every window. A single text is the first. */
  cut: 'first' | 'second';
  /** With `left` windows go from the end of the text to its beginning. Right unless given. */
  truncationSide?: TruncationSide;
}

export interface Tokenizer extends Vocabulary {
  /** Errors: `input-too-long` with `max` and `actual`, `tokenizer-error`. */
  encode(input: EncodeInput, options: EncodeOptions): Promise<Encoding>;
  /**
   * The pairs of one text with several others, in their order; the text is tokenised once, however many there are.
   * Errors: as `encode`, of the first pair that has one.
   */
  encodePairs(text: string, pairs: string[], options: EncodeOptions): Promise<Encoding[]>;
  /**
   * A text as windows that cover all of it, one if it fits. Errors: `input-too-long` with `max` and `actual` when
   * the other text leaves a window no more than `stride` tokens; `tokenizer-error`.
   */
  encodeWindows(input: EncodeInput, options: WindowOptions): Promise<Encoding[]>;
  /** The vocabulary's text of every token: [UNK] for an unknown one. */
  tokensOf(encoding: Encoding): string[];
  special: SpecialIds;
  /** Id of [UNK]; -1 if there is none. */
  unknownId: number;
}

/** Opens a `tokenizer.json` that was checked when its model was imported. Errors: `unsupported-tokenizer`. */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const text = await readFile(path, 'utf8');
  return createTokenizer(text, parseObject(text, 'tokenizer.json'));
}

/**
 * Checks a `tokenizer.json` from outside and opens it. `vocabSize` is the number of rows of the embedding table.
 * Errors: `unsupported-tokenizer` naming what is wrong.
 */
export async function verifyTokenizer(path: string, vocabSize: number): Promise<Tokenizer> {
  const text = (await readLimited(path)).toString('utf8');
  const json = parseObject(text, 'tokenizer.json');
  checkTokenizerJson(json, vocabSize);
  return createTokenizer(text, json);
}

/** The tokenizer of a checked tokenizer.json, given as text and parsed. Errors: `unsupported-tokenizer`. */
export async function createTokenizer(text: string, json: Json): Promise<Tokenizer> {
  const native = open(text);
  refuseFatalTokens(json, native);
  const template = await templateOf(native);
  const rules = textRules(json);
  const special = specialIds(json, native, template);
  const vocabulary = vocabularyOf(json, native);
  const tokenText = (id: number) => vocabulary.idToToken(id) ?? '';
  const tokensOfText = (part: string, { words }: EncodingParts) =>
    tokenise(native, part, rules, words === true);
  const prepare = async ({ text, pair }: EncodeInput, parts: EncodingParts, specialTokens: boolean) => {
    const texts = pair === undefined ? [text] : [text, pair];
    const layouts = specialTokens ? template.full : template.bare;
    return {
      layout: layouts[texts.length - 1]!,
      tokens: await Promise.all(texts.map((part) => tokensOfText(part, parts))),
    };
  };
  return {
    encode: async (input, options) => {
      const { layout, tokens } = await prepare(input, options, options.specialTokens !== false);
      return assemble(layout, tokens, keptRanges(layout, tokens, options), options, tokenText);
    },
    encodePairs: async (text, pairs, options) => {
      const layout = (options.specialTokens === false ? template.bare : template.full)[1]!;
      const first = await tokensOfText(text, options);
      const encodings: Encoding[] = [];
      // One after the other: the native tokens of a long text take a hundred bytes a character.
      for (const pair of pairs) {
        const tokens = [first, await tokensOfText(pair, options)];
        encodings.push(assemble(layout, tokens, keptRanges(layout, tokens, options), options, tokenText));
      }
      return encodings;
    },
    encodeWindows: async (input, options) => {
      const { layout, tokens } = await prepare(input, options, true);
      const windows = windowRanges(layout, tokens, options);
      return windows.map((ranges) => assemble(layout, tokens, ranges, options, tokenText));
    },
    tokensOf: ({ ids }) => Array.from(ids, tokenText),
    special,
    unknownId: special.unk ?? -1,
    ...vocabulary,
  };
}

function open(json: string): NativeTokenizer {
  try {
    const native = NativeTokenizer.fromString(json);
    // Padding and truncation are ours: these would be settings of the whole tokenizer, not of one call.
    native.disablePadding();
    native.disableTruncation();
    return native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return refuse('tokenizer.json', `cannot be opened: ${reason}`, cause);
  }
}

/** The part of each text that stays. */
function keptRanges({ specials }: Layout, tokens: TextTokens[], options: EncodeOptions) {
  const { maxTokens, truncate, truncationSide, strategy = 'longest-first' } = options;
  const { maxSecond = Number.POSITIVE_INFINITY } = options;
  const lengths = tokens.map(({ length }, i) => (i === 1 ? Math.min(length, maxSecond) : length));
  const actual = sum(lengths) + specials;
  const kept = truncate || actual <= maxTokens ? keptTokens(lengths, maxTokens - specials, strategy) : null;
  if (!kept) throw tooLong(maxTokens, actual);
  return tokens.map(({ length }, i) => ({
    from: truncationSide === 'left' ? length - kept[i]! : 0,
    count: kept[i]!,
  }));
}

/** For every window, the range of each text that it shows. */
function windowRanges({ specials }: Layout, tokens: TextTokens[], options: WindowOptions) {
  const { maxTokens, stride, cut, truncationSide = 'right' } = options;
  const lengths = tokens.map(({ length }) => length);
  const whole = lengths.map((length) => ({ from: 0, count: length }));
  const actual = sum(lengths) + specials;
  if (actual <= maxTokens) return [whole];
  const index = cutText(cut === 'first' ? 'only-first' : 'only-second');
  const length = lengths[index];
  if (length === undefined) throw tooLong(maxTokens, actual);
  const size = maxTokens - (actual - length);
  if (size <= stride) throw tooLong(maxTokens, actual);
  return windowsOf(length, size, stride, truncationSide).map((range) => whole.with(index, range));
}
