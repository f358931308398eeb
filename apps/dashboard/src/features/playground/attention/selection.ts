import type { Part } from './attention.js';
import type { Place } from './keys.js';

/** What is looked at; two versions beside one another share it. */
export interface Selection {
  part: Part;
  /** Row of layers, column of heads. */
  head: Place;
  /** From the token of the row to that of the column. */
  pair: Place;
}

export const FIRST: Selection = {
  part: 'probs',
  head: { row: 0, column: 0 },
  pair: { row: 0, column: 0 },
};
