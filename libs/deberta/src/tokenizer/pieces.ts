import { codePointLength } from '@heddle/contracts';

/**
 * UTF-16 units from which on a text is tokenised piece by piece. Freeing the native encoding of a very long text
 * takes tens of milliseconds on the main thread; that of a piece takes less than one.
 */
export const PIECE_UNITS = 16_384;

/** A blank between ASCII words: the tokens on both sides do not depend on what is beyond it. */
const SAFE_CUT = /[A-Za-z0-9,.;:!?)] (?=[A-Za-z0-9])/g;

/** A stretch of a text. */
export interface TextPiece {
  text: string;
  /** Where it begins, in code points. */
  start: number;
}

/**
 * Cuts a long text at blanks between ASCII words, at least PIECE_UNITS apart. Every word begins a piece of its own
 * for SentencePiece and byte-level vocabularies alike, so the tokens of the pieces are those of the text. A text
 * without such a blank stays whole.
 */
export function cutIntoPieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let start = 0;
  let startCodePoints = 0;
  const add = (end: number) => {
    const piece = { text: text.slice(start, end), start: startCodePoints };
    pieces.push(piece);
    startCodePoints += codePointLength(piece.text);
    start = end;
  };
  while (text.length - start > PIECE_UNITS) {
    SAFE_CUT.lastIndex = start + PIECE_UNITS;
    const cut = SAFE_CUT.exec(text);
    if (!cut) break;
    // The blank begins the next piece: byte-level tokens carry it in front.
    add(cut.index + 1);
  }
  add(text.length);
  return pieces;
}
