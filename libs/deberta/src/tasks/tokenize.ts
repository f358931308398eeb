import type { TextToken, TokenizeBody, TokenizedItem } from '@heddle/contracts';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { inUnits, sliceOf, textOf } from './text-units.js';

/**
 * The tokens of a text, or of a text with its pair, as the model would be given them, whatever their number.
 * Errors: `tokenizer-error`.
 */
export async function tokenizeItem(
  tokenizer: Tokenizer,
  item: TokenizeBody['inputs'][number],
  specialTokens: boolean,
): Promise<TokenizedItem> {
  const pairText = typeof item === 'string' ? undefined : item.text_pair;
  const encoding = await tokenizer.encode(
    { text: textOf(item), pair: pairText },
    {
      maxTokens: Number.MAX_SAFE_INTEGER,
      truncate: false,
      truncationSide: 'right',
      offsets: true,
      specialTokens,
    },
  );
  const text = inUnits(textOf(item), 'codepoint');
  const pair = inUnits(pairText ?? '', 'codepoint');
  const tokens = Array.from(encoding.ids, (id, i): TextToken => {
    const token = tokenizer.idToToken(id) ?? '';
    if (encoding.special[i]) return { id, token, start: null, end: null, special: true, word: null };
    const ofPair = i >= encoding.pairStart;
    const [from, to] = [encoding.offsets![i * 2]!, encoding.offsets![i * 2 + 1]!];
    const { slice: word, start, end } = sliceOf(ofPair ? pair : text, from, to);
    return { id, token, start, end, special: false, word, ...(ofPair ? { text_pair: true } : {}) };
  });
  return { tokens, count: encoding.length };
}
