import { type AddedToken, addedToken, isSame } from './added-tokens.js';
import type { Json } from './json.js';
import { type NamedToken, type TokenizerSettings, textOf } from './settings.js';

/**
 * The tokens that settings add to a tokenizer whose added tokens are `current`, in the order and with the flags
 * that transformers 4.57 adds them in (PreTrainedTokenizerFast.__init__): first those listed with an id, then
 * special ones. A special token named by its text alone is not added again; one with flags may change flags.
 */
export function tokensToAdd(
  current: Json[],
  { listed, roles, moreSpecial }: Pick<TokenizerSettings, 'listed' | 'roles' | 'moreSpecial'>,
): AddedToken[] {
  const known = new Map(current.map((token) => [token.content as string, token]));
  const isKnown = (token: AddedToken) => {
    const other = known.get(token.content);
    return other !== undefined && isSame(other, token);
  };
  const tokens = listed.filter((token) => !isKnown(token));
  const texts = new Set([...known.keys(), ...tokens.map(textOf)]);
  const special = new Set<string>();
  const add = (token: NamedToken) => {
    if (typeof token !== 'string') tokens.push(token);
    else if (!texts.has(token)) tokens.push(addedToken(token, { special: true }));
  };
  for (const token of roles.values()) {
    if (token === null || special.has(textOf(token))) continue;
    special.add(textOf(token));
    add(token);
  }
  for (const token of moreSpecial.filter((more) => !special.has(textOf(more)))) add(token);
  for (const token of moreSpecial) special.add(textOf(token));
  return tokens.map((token) => ({ ...token, special: token.special || special.has(token.content) }));
}
