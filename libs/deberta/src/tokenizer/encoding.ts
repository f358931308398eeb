/** One sequence as the model reads it, special tokens included. */
export interface Encoding {
  /** Token ids, [length]. */
  ids: Int32Array;
  length: number;
  /** 1 where the template put a special token; a literal "[CLS]" in a text is not one of those, [length]. */
  special: Uint8Array;
  /**
   * Start and end of every token in the original text, in Unicode code points, [length · 2]; 0, 0 for special
   * tokens. Null unless asked for.
   */
  offsets: Int32Array | null;
  /** Tokens that were cut off. */
  truncated: number;
}
