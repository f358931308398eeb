import { Charsmap } from '../charsmap.js';
import { PIECE_TYPE, type SpmModel } from './model.js';

const SPACE = 0x20;
/** What SentencePiece writes for a blank. */
const META_SPACE = Buffer.from('▁', 'utf8');

/**
 * SentencePiece's normaliser (normalizer.cc): the longest match of the character map at every place, blanks
 * collapsed and stripped, "▁" in front. User-defined pieces stay as they are. A lone surrogate counts as U+FFFD.
 */
export function spmNormalizer(model: SpmModel): (text: string) => string {
  const { addDummyPrefix, removeExtraWhitespaces, treatWhitespaceAsSuffix, escapeWhitespaces } = model;
  const next = prefixNormalizer(model);
  const blank = escapeWhitespaces ? META_SPACE : Buffer.from(' ');
  return (text) => {
    const input = Buffer.from(text, 'utf8');
    let at = 0;
    while (removeExtraWhitespaces && at < input.length) {
      const { length, replacement } = next(input, at);
      if (replacement.length !== 1 || replacement[0] !== SPACE) break;
      at += length;
    }
    if (at === input.length) return '';
    const parts: Buffer[] = addDummyPrefix && !treatWhitespaceAsSuffix ? [blank] : [];
    let afterBlank = removeExtraWhitespaces;
    while (at < input.length) {
      const { length, replacement } = next(input, at);
      at += length;
      let start = 0;
      while (afterBlank && replacement[start] === SPACE) start++;
      for (let i = start; i < replacement.length; i++)
        parts.push(replacement[i] === SPACE ? blank : replacement.subarray(i, i + 1));
      if (start < replacement.length) afterBlank = replacement.at(-1) === SPACE;
      afterBlank &&= removeExtraWhitespaces;
    }
    const normalized = Buffer.concat(parts).toString('utf8');
    const stripped = removeExtraWhitespaces
      ? withoutTrailing(normalized, blank.toString('utf8'))
      : normalized;
    return addDummyPrefix && treatWhitespaceAsSuffix ? stripped + blank.toString('utf8') : stripped;
  };
}

type Match = { length: number; replacement: Buffer };

/** What stands at a place of the input: how many bytes of it, and what they become. */
function prefixNormalizer({ charsmap, pieces }: SpmModel): (input: Buffer, at: number) => Match {
  const map = new Charsmap(charsmap);
  const userDefined = pieces
    .filter(({ type }) => type === PIECE_TYPE.userDefined)
    .map(({ text }) => Buffer.from(text, 'utf8'))
    .sort((a, b) => b.length - a.length);
  return (input, at) => {
    const symbol = userDefined.find((piece) => input.subarray(at, at + piece.length).equals(piece));
    if (symbol) return { length: symbol.length, replacement: symbol };
    const match = map.longestMatch(input, at);
    if (match.length > 0) return match;
    const length = characterLength(input[at]!);
    return { length, replacement: input.subarray(at, at + length) };
  };
}

/** Bytes of the UTF-8 character that begins with `byte`. */
function characterLength(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

function withoutTrailing(text: string, blank: string): string {
  let end = text.length;
  while (text.endsWith(blank, end)) end -= blank.length;
  return text.slice(0, end);
}
