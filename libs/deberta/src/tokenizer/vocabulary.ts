import type { Tokenizer as NativeTokenizer } from 'tokenizers';
import { isObject, type Json } from './json.js';

/** Tokens by id and by text, and text from ids. */
export interface Vocabulary {
  /** Tokens, added ones included. */
  vocabSize: number;
  idToToken(id: number): string | null;
  tokenToId(token: string): number | null;
  /**
   * Text of the ids as the tokenizer's own decoder joins it; blanks before punctuation stay, ids that no token has
   * are passed over.
   */
  decode(ids: ArrayLike<number>, options: { skipSpecialTokens: boolean }): string;
}

/** The native library tells an added token that is sought in normalised text as normalised: lower-cased, say. */
export function vocabularyOf(json: Json, native: NativeTokenizer): Vocabulary {
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
  const texts = new Map(added.map(({ id, content }) => [id as number, content as string]));
  const special = new Set(added.filter((token) => token.special).map(({ content }) => content as string));
  const decoder = native.getDecoder();
  const idToToken = (id: number) => texts.get(id) ?? native.idToToken(id);
  return {
    vocabSize: native.getVocabSize(true),
    idToToken,
    tokenToId: (token) => native.tokenToId(token),
    decode: (ids, { skipSpecialTokens }) => {
      const tokens = Array.from(ids, idToToken).filter(
        (token): token is string => token !== null && !(skipSpecialTokens && special.has(token)),
      );
      return decoder ? decoder.decode(tokens) : tokens.join(' ');
    },
  };
}
