import { pieceIdsOf } from '../added-tokens.js';
import type { Json } from '../json.js';
import { refuse } from '../refuse.js';
import { type TokenizerSettings, textOf } from '../settings.js';

/** A tokenizer.json before its special tokens are added. */
export interface Converted {
  json: Json;
  /** The settings' roles with the flags that the slow tokenizer of this kind gives them. */
  roles: TokenizerSettings['roles'];
}

/** The members in the order in which the Rust library writes them. */
export function tokenizerJson(parts: {
  addedTokens: Json[];
  normalizer: Json | null;
  preTokenizer: Json;
  decoder: Json;
  model: Json;
}): Json {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: parts.addedTokens,
    normalizer: parts.normalizer,
    pre_tokenizer: parts.preTokenizer,
    post_processor: null,
    decoder: parts.decoder,
    model: parts.model,
  };
}

/**
 * Gives a tokenizer.json DeBERTa's template. Transformers writes [CLS] and [SEP] whatever the settings say; where
 * a vocabulary has no such tokens, that would be [UNK], and the settings' tokens are meant.
 * Errors: `unsupported-tokenizer` when the vocabulary has neither.
 */
export function withTemplate(json: Json, { roles }: TokenizerSettings, file: string): void {
  const ids = pieceIdsOf(json);
  for (const { content, id } of json.added_tokens as Json[]) ids.set(content as string, id as number);
  const choose = (customary: string, role: 'cls_token' | 'sep_token'): [string, number] => {
    const named = roles.get(role);
    const token = ids.has(customary) || !named ? customary : textOf(named);
    return [token, ids.get(token) ?? refuse(file, `holds no ${customary}`)];
  };
  const [cls, clsId] = choose('[CLS]', 'cls_token');
  const [sep, sepId] = choose('[SEP]', 'sep_token');
  const special = (id: string, typeId: number) => ({ SpecialToken: { id, type_id: typeId } });
  const text = (id: string, typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const single = [special(cls, 0), text('A', 0), special(sep, 0)];
  json.post_processor = {
    type: 'TemplateProcessing',
    single,
    pair: [...single, text('B', 1), special(sep, 1)],
    special_tokens: {
      [cls]: { id: cls, ids: [clsId], tokens: [cls] },
      [sep]: { id: sep, ids: [sepId], tokens: [sep] },
    },
  };
}
