/** One sequence as the model reads it, special tokens included. */
export interface Encoding {
  /** Token ids, [length]. */
  ids: Int32Array;
  length: number;
  /** 1 where the template put a special token; a literal "[CLS]" in a text is not one of those, [length]. */
  special: Uint8Array;
  /** Segments as the template numbers them: 0 in [CLS] A [SEP], 1 in B [SEP], [length]. */
  typeIds: Uint8Array;
  /** Position of the second text's first token; `length` when there is no second text. */
  pairStart: number;
  /**
   * Start and end of every token in the original text, in Unicode code points, [length · 2]; 0, 0 for special
   * tokens. Null unless asked for.
   */
  offsets: Int32Array | null;
  /** Word of every token, counted from 0 in each text; -1 for special tokens, [length]. Null unless asked for. */
  words: Int32Array | null;
  /** Every token as text; one that is not in the vocabulary as itself, normalised. Null unless asked for. */
  tokens: string[] | null;
  /** Tokens that were cut off. */
  truncated: number;
}
