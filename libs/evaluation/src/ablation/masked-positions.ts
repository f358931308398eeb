import { seeded } from '../report/random.js';

/** Of the tokens of a text, as BERT's and DeBERTa's pre-training hides them. */
const SHARE = 0.15;

/**
 * Which tokens of a text are hidden to be guessed: 15 % of those that are not special, one at least, drawn with the seed
 * and the text's place in its dataset. Ascending; empty for a text of special tokens alone.
 */
export function maskedPositions(special: ArrayLike<number>, seed: number, index: number): Int32Array {
  const places = Array.from(special, (is, place) => (is ? -1 : place)).filter((place) => place >= 0);
  if (places.length === 0) return new Int32Array();
  const random = seeded((seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0);
  const count = Math.max(1, Math.round(SHARE * places.length));
  // The first of a shuffle (Fisher and Yates).
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor((random() / 2 ** 32) * (places.length - i));
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
  return Int32Array.from(places.slice(0, count)).sort();
}
