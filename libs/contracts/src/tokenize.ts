import { z } from 'zod';

/** Body of `POST /v1/tokenize`. */
export const tokenizeBody = z.strictObject({
  model: z.string().min(1).max(128),
  inputs: z.array(
    z.union([z.string(), z.strictObject({ text: z.string(), text_pair: z.string().optional() })]),
  ),
  /** Whether the tokens stand around a text that the model is given with it, such as [CLS] and [SEP]. */
  add_special_tokens: z.boolean().default(true),
});
export type TokenizeBody = z.infer<typeof tokenizeBody>;

export interface TextToken {
  id: number;
  /** The piece of the vocabulary. */
  token: string;
  /** Where it stands in its text, in code points, the blanks around it left out; null for special tokens. */
  start: number | null;
  end: number | null;
  special: boolean;
  /** What stands there; null for special tokens. */
  word: string | null;
  /** It is one of `text_pair`, as `start` and `end` are. */
  text_pair?: true;
}

/** One element of `data`, in the order of `inputs`. */
export interface TokenizedItem {
  tokens: TextToken[];
  count: number;
}
