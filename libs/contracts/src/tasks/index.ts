import type { z } from 'zod';
import {
  choiceItem,
  type MultipleChoiceOutput,
  multipleChoiceParameters,
  type QuestionAnsweringOutput,
  questionAnsweringParameters,
  questionItem,
} from './answers.js';
import {
  type TextClassificationOutput,
  type TokenClassificationOutput,
  textClassificationParameters,
  tokenClassificationParameters,
  type ZeroShotOutput,
  zeroShotParameters,
} from './classification.js';
import { singleTextItem, textItem } from './items.js';
import {
  type FillMaskOutput,
  fillMaskParameters,
  type ReplacedTokenOutput,
  replacedTokenParameters,
} from './language-model.js';
import {
  type RerankOutput,
  rerankItem,
  rerankParameters,
  type ScoreOutput,
  scoreItem,
  scoreParameters,
} from './ranking.js';
import { type AttentionOutput, attentionParameters, type EmbedOutput, embedParameters } from './vectors.js';

export * from './answers.js';
export * from './classification.js';
export type { PlacedToken, TextItem } from './items.js';
export * from './language-model.js';
export * from './ranking.js';
export * from './vectors.js';

/** The head of a version decides which tasks it can answer. */
export const TASKS = [
  'text-classification',
  'zero-shot-classification',
  'token-classification',
  'question-answering',
  'multiple-choice',
  'fill-mask',
  'rerank',
  'score',
  'embed',
  'attention',
  'replaced-token-detection',
] as const;
export type Task = (typeof TASKS)[number];

/** Schema of an item and of the parameters of each task. */
export const TASK_SCHEMAS = {
  'text-classification': { item: textItem, parameters: textClassificationParameters },
  'zero-shot-classification': { item: singleTextItem, parameters: zeroShotParameters },
  'token-classification': { item: singleTextItem, parameters: tokenClassificationParameters },
  'question-answering': { item: questionItem, parameters: questionAnsweringParameters },
  'multiple-choice': { item: choiceItem, parameters: multipleChoiceParameters },
  'fill-mask': { item: singleTextItem, parameters: fillMaskParameters },
  rerank: { item: rerankItem, parameters: rerankParameters },
  score: { item: scoreItem, parameters: scoreParameters },
  embed: { item: singleTextItem, parameters: embedParameters },
  attention: { item: textItem, parameters: attentionParameters },
  'replaced-token-detection': { item: singleTextItem, parameters: replacedTokenParameters },
} as const satisfies Record<Task, { item: z.ZodType; parameters: z.ZodType }>;

export type TaskOutput =
  | TextClassificationOutput
  | ZeroShotOutput
  | TokenClassificationOutput
  | QuestionAnsweringOutput
  | MultipleChoiceOutput
  | FillMaskOutput
  | RerankOutput
  | ScoreOutput
  | EmbedOutput
  | AttentionOutput
  | ReplacedTokenOutput;
