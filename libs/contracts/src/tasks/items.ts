import { z } from 'zod';
import { LIMITS } from '../limits.js';

export const itemId = z.string().min(1).max(LIMITS.maxItemIdChars);

/** A text, or a text with its pair (premise and hypothesis, sentence and sentence). */
export const textItem = z.union([
  z.string(),
  z.strictObject({ id: itemId.optional(), text: z.string(), text_pair: z.string().optional() }),
]);
/** Tasks that read one text take no pair. */
export const singleTextItem = z.union([
  z.string(),
  z.strictObject({ id: itemId.optional(), text: z.string() }),
]);
export type TextItem = z.infer<typeof textItem>;

/** What every task takes: whether, and where, an input that is too long is cut. */
export const common = {
  truncate: z.boolean().default(false),
  truncation_side: z.enum(['right', 'left']).default('right'),
};
export const offsets = z.enum(['codepoint', 'utf16', 'byte']).default('codepoint');
/** Numbers as JSON, or base64 of little-endian float32, row-major. */
export const encoding = z.enum(['float', 'base64']).default('float');

/**
 * A piece of the model's vocabulary and where it stands in the text, the blanks around it left out; null for the
 * special tokens around a text.
 */
export interface PlacedToken {
  token: string;
  start: number | null;
  end: number | null;
}
