import type { Encoding } from './encoding.js';
import type { Layout, SpecialRun } from './template.js';
import { copyTokens, type TextTokens } from './text-tokens.js';
import { sum, type TokenRange } from './truncation.js';

/** What of an encoding is filled in beyond ids, segments and special tokens. */
export interface EncodingParts {
  /** Whether the token offsets are wanted. */
  offsets?: boolean;
  /** Whether the words are wanted. */
  words?: boolean;
  /** Whether the tokens are wanted as text. */
  tokens?: boolean;
}

/** Puts a range of each text's tokens into the layout. */
export function assemble(
  layout: Layout,
  texts: TextTokens[],
  ranges: TokenRange[],
  wanted: EncodingParts,
  specialText: (id: number) => string,
): Encoding {
  const length = sum(ranges.map(({ count }) => count)) + layout.specials;
  const encoding: Encoding = {
    ids: new Int32Array(length),
    length,
    special: new Uint8Array(length),
    typeIds: new Uint8Array(length),
    pairStart: length,
    offsets: wanted.offsets ? new Int32Array(length * 2) : null,
    words: wanted.words ? new Int32Array(length).fill(-1) : null,
    tokens: wanted.tokens ? new Array<string>(length).fill('') : null,
    truncated: sum(texts.map((text) => text.length)) + layout.specials - length,
  };
  let position = 0;
  const addSpecials = ({ ids, typeIds }: SpecialRun) => {
    encoding.ids.set(ids, position);
    encoding.typeIds.set(typeIds, position);
    encoding.special.fill(1, position, position + ids.length);
    for (const [i, id] of ids.entries()) if (encoding.tokens) encoding.tokens[position + i] = specialText(id);
    position += ids.length;
  };
  for (const [i, text] of texts.entries()) {
    addSpecials(layout.runs[i]!);
    if (i === 1) encoding.pairStart = position;
    const range = ranges[i]!;
    copyTokens(text, range, encoding, position);
    encoding.typeIds.fill(layout.typeIds[i]!, position, position + range.count);
    position += range.count;
  }
  addSpecials(layout.runs[texts.length]!);
  return encoding;
}
