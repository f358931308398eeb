import { z } from 'zod';
import { LIMITS } from './limits.js';

/** Tasks served so far. The head of a version decides which of them it can answer. */
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

const itemId = z.string().min(1).max(LIMITS.maxItemIdChars);

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

const common = {
  truncate: z.boolean().default(false),
  truncation_side: z.enum(['right', 'left']).default('right'),
};
const offsets = z.enum(['codepoint', 'utf16', 'byte']).default('codepoint');

export const textClassificationParameters = z.strictObject({
  ...common,
  top_k: z.int().min(1).optional(),
  function_to_apply: z.enum(['auto', 'softmax', 'sigmoid', 'none']).default('auto'),
  threshold: z.number().min(0).max(1).default(0.5),
});
export const zeroShotParameters = z.strictObject({
  ...common,
  candidate_labels: z
    .array(z.string().min(1))
    .min(1)
    .max(LIMITS.maxCandidateLabels)
    .refine((labels) => new Set(labels).size === labels.length, 'labels must be unique'),
  hypothesis_template: z
    .string()
    .refine((template) => template.includes('{}'), 'must hold {}')
    .default('This example is {}.'),
  multi_label: z.boolean().default(false),
});
export const tokenClassificationParameters = z.strictObject({
  ...common,
  aggregation_strategy: z.enum(['none', 'simple', 'first', 'average', 'max']).default('simple'),
  ignore_labels: z.array(z.string()).default(['O']),
  offsets,
});

export type TextClassificationParameters = z.infer<typeof textClassificationParameters>;
export type ZeroShotParameters = z.infer<typeof zeroShotParameters>;
export type TokenClassificationParameters = z.infer<typeof tokenClassificationParameters>;

/** Schema of an item and of the parameters of each task. */
export const TASK_SCHEMAS = {
  'text-classification': { item: textItem, parameters: textClassificationParameters },
  'zero-shot-classification': { item: singleTextItem, parameters: zeroShotParameters },
  'token-classification': { item: singleTextItem, parameters: tokenClassificationParameters },
  'question-answering': {
    item: z.strictObject({ id: itemId.optional(), question: z.string(), context: z.string() }),
    parameters: z.strictObject(common),
  },
  'multiple-choice': {
    item: z.strictObject({ id: itemId.optional(), prompt: z.string(), choices: z.array(z.string()) }),
    parameters: z.strictObject(common),
  },
  'fill-mask': { item: singleTextItem, parameters: z.strictObject(common) },
  rerank: {
    item: z.strictObject({ id: itemId.optional(), query: z.string(), documents: z.array(z.string()) }),
    parameters: z.strictObject(common),
  },
  score: {
    item: z.strictObject({ id: itemId.optional(), prompt: z.string(), response: z.string() }),
    parameters: z.strictObject(common),
  },
  embed: { item: singleTextItem, parameters: z.strictObject(common) },
  attention: { item: textItem, parameters: z.strictObject(common) },
  'replaced-token-detection': { item: singleTextItem, parameters: z.strictObject(common) },
} as const satisfies Record<Task, { item: z.ZodType; parameters: z.ZodType }>;

export interface LabelScore {
  label: string;
  score: number;
}
/** Single- and multi-label answers carry `labels` (descending), regression `value` or `values`. */
export type TextClassificationOutput =
  | { labels: LabelScore[]; selected?: string[] }
  | { value: number }
  | { values: number[] };
export interface ZeroShotOutput {
  labels: LabelScore[];
}
/** Offsets are in the unit asked for; slicing the input by `[start, end)` gives exactly `word`. */
export interface Entity {
  entity_group?: string;
  entity?: string;
  index?: number;
  score: number;
  word: string;
  start: number;
  end: number;
}
export interface TokenClassificationOutput {
  entities: Entity[];
}
export type TaskOutput = TextClassificationOutput | ZeroShotOutput | TokenClassificationOutput;
