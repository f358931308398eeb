import type { Tokenizer as NativeTokenizer } from 'tokenizers';
import { isObject, type Json } from './json.js';
import type { Template } from './template.js';

/** Ids of the tokens with a meaning for tasks; null for a meaning that no token has. */
export interface SpecialIds {
  pad: number | null;
  cls: number;
  sep: number;
  unk: number | null;
  mask: number | null;
}

type NamedRole = 'pad' | 'unk' | 'mask';

/** What tokens with these meanings are called unless a tokenizer's settings say otherwise. */
const CUSTOMARY: Record<NamedRole, string[]> = {
  pad: ['[PAD]', '<pad>'],
  unk: ['[UNK]', '<unk>'],
  mask: ['[MASK]', '<mask>'],
};

/**
 * Found in the tokenizer.json alone, so that a model version needs no other file: [CLS] and [SEP] in the template,
 * the others by a `role` on the added token (see withRoles), then by the model's unknown token, then by name.
 */
export function specialIds(json: Json, native: NativeTokenizer, { full: [single] }: Template): SpecialIds {
  const find = (role: NamedRole): number | null => {
    const marked = addedTokens(json).find((token) => token.role === role);
    if (marked) return native.tokenToId(String(marked.content));
    if (role === 'unk' && isObject(json.model) && Number.isInteger(json.model.unk_id))
      return json.model.unk_id as number;
    for (const name of CUSTOMARY[role]) {
      const id = native.tokenToId(name);
      if (id !== null) return id;
    }
    return null;
  };
  return {
    pad: find('pad'),
    cls: single.runs[0]!.ids.at(-1)!,
    sep: single.runs[1]!.ids[0]!,
    unk: find('unk'),
    mask: find('mask'),
  };
}

/**
 * Marks tokens that do not carry their customary name. Readers of tokenizer.json, the native one among them, pass
 * over members of an added token that they do not know. True when something was marked.
 */
export function markRoles(json: Json, names: Record<NamedRole, string | null>): boolean {
  let marked = false;
  for (const [role, name] of Object.entries(names)) {
    const token = addedTokens(json).find(({ content }) => content === name);
    if (!token || name === CUSTOMARY[role as NamedRole][0]) continue;
    token.role = role;
    marked = true;
  }
  return marked;
}

function addedTokens(json: Json): Json[] {
  return Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
}
