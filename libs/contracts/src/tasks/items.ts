import { z } from 'zod';
import { LIMITS } from '../limits.js';

export const itemId = z.string().min(1).max(LIMITS.maxItemIdChars);

/**
 * A text of an item. That it is neither empty nor too long is asked of all texts of a request together, with codes of
 * their own; here it is only told.
 */
export const text = z.string().meta({ minLength: 1, maxLength: LIMITS.maxTextChars });

/** A text, or a text with its pair (premise and hypothesis, sentence and sentence). */
export const textItem = z
  .union([text, z.strictObject({ id: itemId.optional(), text, text_pair: text.optional() })])
  .meta({ id: 'TextItem', description: 'A text, or a text with its pair.' });
/** Tasks that read one text take no pair. */
export const singleTextItem = z
  .union([text, z.strictObject({ id: itemId.optional(), text })])
  .meta({ id: 'SingleTextItem' });
const tokenIds = z.strictObject({
  id: itemId.optional(),
  token_ids: z
    .array(z.int().min(0))
    .min(1)
    .max(LIMITS.maxTokenIds)
    .describe('[CLS] and [SEP] are put around them where they are absent.'),
});
/** A text, also as the ids that the version's own tokenizer has for it. */
export const embedItem = z
  .union([text, z.strictObject({ id: itemId.optional(), text }), tokenIds])
  .meta({ id: 'EmbedItem' });
/** A text with or without its pair, also as the ids that the version's own tokenizer has for them. */
export const classifiedItem = z
  .union([text, z.strictObject({ id: itemId.optional(), text, text_pair: text.optional() }), tokenIds])
  .meta({ id: 'ClassifiedItem' });
export type ClassifiedItem = z.infer<typeof classifiedItem>;
export type EmbedItem = z.infer<typeof embedItem>;
export type TextItem = z.infer<typeof textItem>;

/** What every task takes: whether, and where, an input that is too long is cut. */
export const common = {
  truncate: z.boolean().default(false),
  truncation_side: z.enum(['right', 'left']).default('right'),
};
export const offsets = z.enum(['codepoint', 'utf16', 'byte']).default('codepoint');
/** Logits of each token, a row a token. */
export const tokenLogits = z.array(z.array(z.number()));
export const returnLogits = z
  .boolean()
  .default(false)
  .describe('Also the logits of every token, special ones included; of several windows one after the other.');
/** Numbers as JSON, or base64 of little-endian float32, row-major. */
export const encoding = z.enum(['float', 'base64']).default('float');

/**
 * A piece of the model's vocabulary and where it stands in the text, the blanks around it left out; null for the
 * special tokens around a text.
 */
export const placedToken = z
  .strictObject({ token: z.string(), start: z.int().nullable(), end: z.int().nullable() })
  .meta({ id: 'PlacedToken' });
export type PlacedToken = z.infer<typeof placedToken>;
