import type { Encoding } from '../tokenizer/encoding.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { sliceOf, type UnitText } from './text-units.js';

/** A vocabulary piece and where its text lies, blanks left out; null for the special tokens around a text. */
export function placedToken(
  encoding: Encoding,
  token: number,
  text: UnitText,
  tokenizer: Tokenizer,
): { token: string; start: number | null; end: number | null } {
  const piece = tokenizer.idToToken(encoding.ids[token]!) ?? '';
  if (encoding.special[token]) return { token: piece, start: null, end: null };
  const { start, end } = sliceOf(text, encoding.offsets![token * 2]!, encoding.offsets![token * 2 + 1]!);
  return { token: piece, start, end };
}
