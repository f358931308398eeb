import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, offsets } from './items.js';

export const textClassificationParameters = z.strictObject({
  ...common,
  top_k: z.int().min(1).optional(),
  function_to_apply: z.enum(['auto', 'softmax', 'sigmoid', 'none']).default('auto'),
  threshold: z.number().min(0).max(1).default(0.5),
});
export type TextClassificationParameters = z.infer<typeof textClassificationParameters>;

export interface LabelScore {
  label: string;
  score: number;
}
/** Single- and multi-label answers carry `labels` (descending), regression `value` or `values`. */
export type TextClassificationOutput =
  | { labels: LabelScore[]; selected?: string[] }
  | { value: number }
  | { values: number[] };

export const zeroShotParameters = z.strictObject({
  ...common,
  candidate_labels: z
    .array(z.string().min(1).max(LIMITS.maxCandidateLabelChars))
    .min(1)
    .max(LIMITS.maxCandidateLabels)
    .refine((labels) => new Set(labels).size === labels.length, 'labels must be unique'),
  hypothesis_template: z
    .string()
    .max(LIMITS.maxHypothesisTemplateChars)
    .refine((template) => template.includes('{}'), 'must hold {}')
    .default('This example is {}.'),
  multi_label: z.boolean().default(false),
});
export type ZeroShotParameters = z.infer<typeof zeroShotParameters>;

export interface ZeroShotOutput {
  labels: LabelScore[];
}

export const tokenClassificationParameters = z
  .strictObject({
    ...common,
    aggregation_strategy: z.enum(['none', 'simple', 'first', 'average', 'max']).default('simple'),
    ignore_labels: z.array(z.string()).default(['O']),
    /** Tokens that neighbouring windows share; 0 = the text must fit one window. */
    stride: z.int().min(0).default(0),
    offsets,
  })
  .refine(({ stride, aggregation_strategy: strategy }) => stride === 0 || strategy !== 'none', {
    path: ['stride'],
    message: 'needs an aggregation_strategy other than none',
  });
export type TokenClassificationParameters = z.infer<typeof tokenClassificationParameters>;

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
