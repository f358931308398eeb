import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, itemId, offsets, returnLogits, text, tokenLogits } from './items.js';

export const questionItem = z
  .strictObject({ id: itemId.optional(), question: text, context: text })
  .meta({ id: 'QuestionItem' });
export type QuestionItem = z.infer<typeof questionItem>;

export const questionAnsweringParameters = z
  .strictObject({
    ...common,
    top_k: z.int().min(1).default(1),
    /** Longest window in tokens, question and special tokens included. */
    max_seq_len: z.int().min(8).default(384),
    /** Tokens of the context that neighbouring windows share; half a window where that is less. */
    doc_stride: z.int().min(0).optional(),
    /** Tokens of the longest answer. */
    max_answer_len: z.int().min(1).default(15),
    handle_impossible_answer: z.boolean().default(false),
    null_score_diff_threshold: z.number().default(0),
    align_to_words: z.boolean().default(true),
    method: z.enum(['pipeline', 'squad']).default('pipeline'),
    return_logits: returnLogits,
    offsets,
  })
  .refine(({ doc_stride: stride, max_seq_len: length }) => stride === undefined || stride < length, {
    path: ['doc_stride'],
    message: 'must be less than max_seq_len',
  })
  .meta({ id: 'QuestionAnsweringParameters' });
export type QuestionAnsweringParameters = z.infer<typeof questionAnsweringParameters>;

/** Slicing the context by `[start, end)` gives exactly `answer`; no answer is '' with both 0. */
export const answer = z.strictObject({
  answer: z.string(),
  score: z.number(),
  start: z.int().min(0),
  end: z.int().min(0),
});
export type Answer = z.infer<typeof answer>;
export const questionAnsweringOutput = z
  .strictObject({
    answers: z.array(answer),
    no_answer: z.boolean().describe('The best answer is that there is none.'),
    null_score: z
      .number()
      .describe('pipeline: probability that there is no answer; squad: sum of the two logits that say so.'),
    null_score_diff: z
      .number()
      .exactOptional()
      .describe(
        'squad: `null_score` less the logits of the best answer, which is what the threshold is held against.',
      ),
    logits: tokenLogits
      .exactOptional()
      .describe('[tokens][start, end], where `return_logits` asks for them.'),
  })
  .meta({ id: 'QuestionAnsweringOutput' });
export type QuestionAnsweringOutput = z.infer<typeof questionAnsweringOutput>;

export const choiceItem = z
  .strictObject({
    id: itemId.optional(),
    prompt: text,
    choices: z.array(text).min(2).max(LIMITS.maxChoices),
  })
  .meta({ id: 'ChoiceItem' });
export type ChoiceItem = z.infer<typeof choiceItem>;

export const multipleChoiceParameters = z.strictObject(common).meta({ id: 'MultipleChoiceParameters' });
export type MultipleChoiceParameters = z.infer<typeof multipleChoiceParameters>;

/** In the order of the choices; the scores sum to 1. */
export const multipleChoiceOutput = z
  .strictObject({
    choices: z.array(z.strictObject({ index: z.int().min(0), score: z.number() })),
    best: z.int().min(0),
  })
  .meta({ id: 'MultipleChoiceOutput' });
export type MultipleChoiceOutput = z.infer<typeof multipleChoiceOutput>;
