import { z } from 'zod';
import { LIMITS } from './limits.js';
import { itemText as text } from './tasks/index.js';

/** Body of `POST /v1/tokenize`. */
export const tokenizeBody = z.strictObject({
  model: z.string().min(1).max(128),
  /** How many there may be is asked by hand, with a code of its own; here it is only told. */
  inputs: z
    .array(z.union([text, z.strictObject({ text, text_pair: text.optional() })]))
    .meta({ minItems: 1, maxItems: LIMITS.maxInputsPerJob }),
  add_special_tokens: z
    .boolean()
    .default(true)
    .describe(
      'Whether the tokens stand around a text that the model is given with it, such as [CLS] and [SEP].',
    ),
});
export type TokenizeBody = z.infer<typeof tokenizeBody>;

export const textToken = z
  .strictObject({
    id: z.int().min(0),
    token: z.string().describe('The piece of the vocabulary.'),
    start: z
      .int()
      .nullable()
      .describe(
        'Where it stands in its text, in code points, the blanks around it left out; null for special tokens.',
      ),
    end: z.int().nullable(),
    special: z.boolean(),
    word: z.string().nullable().describe('What stands there; null for special tokens.'),
    text_pair: z
      .literal(true)
      .exactOptional()
      .describe('It is one of `text_pair`, as `start` and `end` are.'),
  })
  .meta({ id: 'TextToken' });
export type TextToken = z.infer<typeof textToken>;

/** One element of `data`, in the order of `inputs`. */
export const tokenizedItem = z.strictObject({ tokens: z.array(textToken), count: z.int().min(0) });
export type TokenizedItem = z.infer<typeof tokenizedItem>;
export const tokenization = z.strictObject({ data: z.array(tokenizedItem) }).meta({ id: 'Tokenization' });
