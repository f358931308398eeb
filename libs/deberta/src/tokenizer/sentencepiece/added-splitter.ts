import type { AddedToken } from '../added-tokens.js';

/** What Python's str.strip takes off. */
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING_SPACE = new RegExp(`^${SPACE}+`, 'u');
const TRAILING_SPACE = new RegExp(`${SPACE}+$`, 'u');

/**
 * Cuts a text at the added tokens in it, as the slow tokenizers of transformers do (PreTrainedTokenizer.tokenize):
 * the leftmost first, of those the longest. With `lowerCase` the rest of the text is lower-cased before.
 */
export function addedTokenSplitter(added: AddedToken[], lowerCase: boolean): (text: string) => string[] {
  const byText = new Map(added.map((token) => [token.content, token]));
  const longestFirst = [...byText.keys()].sort((a, b) => b.length - a.length);
  const pattern = alternatives(longestFirst);
  const kept = added.filter(({ special, normalized }) => special || normalized);
  const lower = new RegExp(`(${alternatives(kept.map(({ content }) => content))})|([^\\n])`, 'gu');
  return (text) => {
    const given = lowerCase
      ? text.replace(lower, (_, token?: string, character?: string) => token ?? character!.toLowerCase())
      : text;
    const parts = given.split(new RegExp(`(${pattern})`, 'u'));
    for (let i = 1; i < parts.length; i += 2) stripAround(parts, i, byText.get(parts[i]!)!);
    return parts.filter((part) => part !== '');
  };
}

/** A pattern of any of the texts; of none, one that never matches. */
function alternatives(texts: string[]): string {
  return texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|') || '(?!)';
}

/** The token at `i` takes blanks off its neighbours, or is part of a neighbour that it must not touch. */
function stripAround(parts: string[], i: number, { rstrip, lstrip, single_word }: AddedToken): void {
  const token = parts[i]!;
  const left = parts[i - 1]!;
  const right = parts[i + 1]!;
  if (rstrip) parts[i + 1] = right.replace(LEADING_SPACE, '');
  if (lstrip) parts[i - 1] = left.replace(TRAILING_SPACE, '');
  if (single_word && left !== '' && !left.endsWith(' ')) {
    parts[i - 1] += token;
    parts[i] = '';
  } else if (single_word && right !== '' && !right.startsWith(' ')) {
    parts[i + 1] = token + parts[i + 1]!;
    parts[i] = '';
  }
}
