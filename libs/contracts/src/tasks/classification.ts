import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, offsets, returnLogits, tokenLogits } from './items.js';

export const textClassificationParameters = z
  .strictObject({
    ...common,
    top_k: z.int().min(1).optional(),
    function_to_apply: z.enum(['auto', 'softmax', 'sigmoid', 'none']).default('auto'),
    threshold: z.number().min(0).max(1).default(0.5),
  })
  .meta({ id: 'TextClassificationParameters' });
export type TextClassificationParameters = z.infer<typeof textClassificationParameters>;

export const labelScore = z.strictObject({ label: z.string(), score: z.number() }).meta({ id: 'LabelScore' });
export type LabelScore = z.infer<typeof labelScore>;
/** Single- and multi-label answers carry `labels` (descending), regression `value` or `values`. */
export const textClassificationOutput = z
  .union([
    z.strictObject({ labels: z.array(labelScore), selected: z.array(z.string()).exactOptional() }),
    z.strictObject({ value: z.number() }),
    z.strictObject({ values: z.array(z.number()) }),
  ])
  .meta({ id: 'TextClassificationOutput' });
export type TextClassificationOutput = z.infer<typeof textClassificationOutput>;

export const zeroShotParameters = z
  .strictObject({
    ...common,
    candidate_labels: z
      .array(z.string().min(1).max(LIMITS.maxCandidateLabelChars))
      .min(1)
      .max(LIMITS.maxCandidateLabels)
      .refine((labels) => new Set(labels).size === labels.length, 'labels must be unique')
      .meta({ uniqueItems: true }),
    hypothesis_template: z
      .string()
      .max(LIMITS.maxHypothesisTemplateChars)
      .refine((template) => template.includes('{}'), 'must hold {}')
      .meta({ pattern: '^[^\\u0000]*\\{\\}[^\\u0000]*$' })
      .default('This example is {}.'),
    multi_label: z.boolean().default(false),
  })
  .meta({ id: 'ZeroShotParameters' });
export type ZeroShotParameters = z.infer<typeof zeroShotParameters>;

export const zeroShotOutput = z.strictObject({ labels: z.array(labelScore) }).meta({ id: 'ZeroShotOutput' });
export type ZeroShotOutput = z.infer<typeof zeroShotOutput>;

export const tokenClassificationParameters = z
  .strictObject({
    ...common,
    aggregation_strategy: z.enum(['none', 'simple', 'first', 'average', 'max']).default('simple'),
    words: z
      .enum(['pipeline', 'blanks'])
      .default('pipeline')
      .describe('What a word is: as in transformers’ pipeline, or what stands between blanks.'),
    ignore_labels: z.array(z.string()).default(['O']),
    /** Tokens that neighbouring windows share; 0 = the text must fit one window. */
    stride: z.int().min(0).default(0),
    return_logits: returnLogits,
    offsets,
  })
  .refine(({ stride, aggregation_strategy: strategy }) => stride === 0 || strategy !== 'none', {
    path: ['stride'],
    message: 'needs an aggregation_strategy other than none',
  })
  .meta({
    id: 'TokenClassificationParameters',
    not: {
      properties: { stride: { minimum: 1 }, aggregation_strategy: { const: 'none' } },
      required: ['stride', 'aggregation_strategy'],
    },
  });
export type TokenClassificationParameters = z.infer<typeof tokenClassificationParameters>;

/** Offsets are in the unit asked for; slicing the input by `[start, end)` gives exactly `word`. */
export const entity = z
  .strictObject({
    entity_group: z.string().exactOptional(),
    entity: z.string().exactOptional(),
    index: z.int().min(0).exactOptional(),
    score: z.number(),
    word: z.string(),
    start: z.int().min(0),
    end: z.int().min(0),
  })
  .meta({ id: 'Entity' });
export type Entity = z.infer<typeof entity>;
export const tokenClassificationOutput = z
  .strictObject({
    entities: z.array(entity),
    logits: tokenLogits.exactOptional().describe('[tokens][labels], where `return_logits` asks for them.'),
  })
  .meta({ id: 'TokenClassificationOutput' });
export type TokenClassificationOutput = z.infer<typeof tokenClassificationOutput>;
