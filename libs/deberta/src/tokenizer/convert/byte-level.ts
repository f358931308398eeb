import { addedToken } from '../added-tokens.js';
import type { NamedToken, Role, TokenizerSettings } from '../settings.js';
import { type Converted, tokenizerJson } from './tokenizer-json.js';

/** The parts of a byte-level BPE: ids of the pieces, and pairs of pieces to merge in the order of their rank. */
export interface BytePairs {
  vocab: Map<string, number>;
  merges: [string, string][];
}

/** DeBERTa v1's tokenizer.json (transformers' DebertaConverter): GPT-2's byte-level BPE. */
export function byteLevelTokenizer({ vocab, merges }: BytePairs, settings: TokenizerSettings): Converted {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
  const json = tokenizerJson({
    addedTokens: [],
    normalizer: null,
    preTokenizer: { ...byteLevel, add_prefix_space: settings.addPrefixSpace },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  });
  return {
    json,
    roles: new Map(Array.from(settings.roles, ([role, token]) => [role, flagged(role, token)])),
  };
}

/** [MASK] stands for a word with the blank before it. */
function flagged(role: Role, token: NamedToken | null): NamedToken | null {
  if (typeof token !== 'string') return token;
  return addedToken(token, role === 'mask_token' ? { lstrip: true } : { special: true });
}
