import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';
import { tokenizeItem } from './tokenize.js';

let tokenizer: Tokenizer;
beforeAll(async () => {
  const path = new URL('../tokenizer/__fixtures__/tokenizer.json', import.meta.url);
  tokenizer = await openTokenizer(fileURLToPath(path));
});

it('gives the ids that the model is given, with places without blanks', async () => {
  const text = ' Zoë  naïve\u00a0😀 [MASK]\n';
  const options = { maxTokens: 512, truncate: false, truncationSide: 'right' } as const;
  const { ids } = await tokenizer.encode({ text }, options);
  const { tokens, count } = await tokenizeItem(tokenizer, text, true);
  expect(tokens.map(({ id }) => id)).toEqual([...ids]);
  expect(count).toBe(ids.length);
  expect(tokens.map(({ special }) => special)).toEqual(tokens.map((_, i) => i === 0 || i === count - 1));
  const characters = Array.from(text);
  const inner = tokens.slice(1, -1);
  for (const { start, end, word } of inner) expect(characters.slice(start!, end!).join('')).toBe(word);
  const covered = characters.filter((_, at) => inner.some(({ start, end }) => start! <= at && at < end!));
  expect(covered.join('')).toBe(text.replaceAll(/\s/g, ''));
  expect(inner.every((token) => !('text_pair' in token))).toBe(true);
});

it('numbers a pair from its own beginning', async () => {
  const item = { text: 'one', text_pair: 'two' };
  const { tokens } = await tokenizeItem(tokenizer, item, true);
  const pair = tokens.filter((token) => token.text_pair);
  expect([pair[0]!.start, pair.at(-1)!.end]).toEqual([0, 3]);
  expect(pair.map(({ word }) => word).join('')).toBe('two');
  const bare = await tokenizeItem(tokenizer, item, false);
  expect(bare.tokens).toEqual(tokens.filter(({ special }) => !special));
});
