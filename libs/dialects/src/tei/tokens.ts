import { codePointLength, type TokenizedItem } from '@heddle/contracts';
import { z } from 'zod';

const ids = z.array(
  z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
);

export const teiTokenizeBody = z
  .object({
    inputs: z.union([z.string(), z.array(z.string())], { error: 'a text or a list of texts' }),
    add_special_tokens: z.boolean().nullish().describe('True when absent.'),
  })
  .meta({ id: 'TEITokenizeBody' });
export const teiDecodeBody = z
  .object({
    ids: z.union([ids, z.array(ids)], { error: 'a list of ids, or a list of such lists' }),
    skip_special_tokens: z.boolean().nullish().describe('True when absent.'),
  })
  .meta({ id: 'TEIDecodeBody' });

const token = z.strictObject({
  id: z.int().min(0),
  text: z.string().describe('What stands there; of special tokens their own text.'),
  special: z.boolean(),
  start: z.int().min(0).nullable().describe('In bytes of UTF-8; null of special tokens.'),
  stop: z.int().min(0).nullable(),
});
export const teiTokens = z.array(z.array(token)).meta({ id: 'TEITokens' });
export const teiTexts = z.array(z.string()).meta({ id: 'TEITexts' });

export function teiIdsOf(given: z.infer<typeof teiDecodeBody>['ids']): number[][] {
  return given.length > 0 && typeof given[0] === 'number' ? [given as number[]] : (given as number[][]);
}

/** Tokens of a text by their places in its bytes. */
export function teiTokensOf(text: string, { tokens }: TokenizedItem): z.infer<typeof token>[] {
  const bytes = byteOffsets(text);
  return tokens.map(({ id, token: piece, special, word, start, end }) => ({
    id,
    text: word ?? piece,
    special,
    start: start === null ? null : bytes[start]!,
    stop: end === null ? null : bytes[end]!,
  }));
}

/** By code point, with the end of the text behind them. */
function byteOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(codePointLength(text) + 1);
  let i = 0;
  let at = 0;
  for (const character of text) {
    offsets[i++] = at;
    at += Buffer.byteLength(character);
  }
  offsets[i] = at;
  return offsets;
}
