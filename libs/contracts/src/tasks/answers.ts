import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, itemId, offsets } from './items.js';

export const questionItem = z.strictObject({
  id: itemId.optional(),
  question: z.string(),
  context: z.string(),
});
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
    offsets,
  })
  .refine(({ doc_stride: stride, max_seq_len: length }) => stride === undefined || stride < length, {
    path: ['doc_stride'],
    message: 'must be less than max_seq_len',
  });
export type QuestionAnsweringParameters = z.infer<typeof questionAnsweringParameters>;

/** Slicing the context by `[start, end)` gives exactly `answer`; no answer is '' with both 0. */
export interface Answer {
  answer: string;
  score: number;
  start: number;
  end: number;
}
export interface QuestionAnsweringOutput {
  answers: Answer[];
  /** The best answer is that there is none. */
  no_answer: boolean;
  /** pipeline: probability that there is no answer; squad: sum of the two logits that say so. */
  null_score: number;
  /** squad: `null_score` less the logits of the best answer, which is what the threshold is held against. */
  null_score_diff?: number;
}

export const choiceItem = z.strictObject({
  id: itemId.optional(),
  prompt: z.string(),
  choices: z.array(z.string()).min(2).max(LIMITS.maxChoices),
});
export type ChoiceItem = z.infer<typeof choiceItem>;

export const multipleChoiceParameters = z.strictObject(common);
export type MultipleChoiceParameters = z.infer<typeof multipleChoiceParameters>;

/** In the order of the choices; the scores sum to 1. */
export interface MultipleChoiceOutput {
  choices: { index: number; score: number }[];
  best: number;
}
