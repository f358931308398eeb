import { z } from 'zod';
import {
  choiceItem,
  multipleChoiceOutput,
  multipleChoiceParameters,
  questionAnsweringOutput,
  questionAnsweringParameters,
  questionItem,
} from './answers.js';
import {
  textClassificationOutput,
  textClassificationParameters,
  tokenClassificationOutput,
  tokenClassificationParameters,
  zeroShotOutput,
  zeroShotParameters,
} from './classification.js';
import { classifiedItem, embedItem, singleTextItem, textItem } from './items.js';
import {
  fillMaskOutput,
  fillMaskParameters,
  replacedTokenOutput,
  replacedTokenParameters,
} from './language-model.js';
import {
  rerankItem,
  rerankOutput,
  rerankParameters,
  scoreItem,
  scoreOutput,
  scoreParameters,
} from './ranking.js';
import { attentionOutput, attentionParameters, embedOutput, embedParameters } from './vectors.js';

export * from './answers.js';
export * from './classification.js';
export {
  type ClassifiedItem,
  type EmbedItem,
  type PlacedToken,
  type TextItem,
  text as itemText,
} from './items.js';
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

/** Schemas of an item, of the parameters and of an item's output of each task. */
export const TASK_SCHEMAS = {
  'text-classification': {
    item: classifiedItem,
    parameters: textClassificationParameters,
    output: textClassificationOutput,
  },
  'zero-shot-classification': {
    item: singleTextItem,
    parameters: zeroShotParameters,
    output: zeroShotOutput,
  },
  'token-classification': {
    item: singleTextItem,
    parameters: tokenClassificationParameters,
    output: tokenClassificationOutput,
  },
  'question-answering': {
    item: questionItem,
    parameters: questionAnsweringParameters,
    output: questionAnsweringOutput,
  },
  'multiple-choice': { item: choiceItem, parameters: multipleChoiceParameters, output: multipleChoiceOutput },
  'fill-mask': { item: singleTextItem, parameters: fillMaskParameters, output: fillMaskOutput },
  rerank: { item: rerankItem, parameters: rerankParameters, output: rerankOutput },
  score: { item: scoreItem, parameters: scoreParameters, output: scoreOutput },
  embed: { item: embedItem, parameters: embedParameters, output: embedOutput },
  attention: { item: textItem, parameters: attentionParameters, output: attentionOutput },
  'replaced-token-detection': {
    item: singleTextItem,
    parameters: replacedTokenParameters,
    output: replacedTokenOutput,
  },
} as const satisfies Record<Task, { item: z.ZodType; parameters: z.ZodType; output: z.ZodType }>;

/** What a task answers an item with; which one it is the task says. */
export const taskOutput = z.union(TASKS.map((task) => TASK_SCHEMAS[task].output));
export type TaskOutput = z.infer<(typeof TASK_SCHEMAS)[Task]['output']>;
