import { HeddleError, type LabelScore } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { labelsOf } from '../shared/labels.js';
import { cohereMeta } from './meta.js';

/** Texts of one request, as Cohere has it. */
const MAX_INPUTS = 96;

export const cohereClassifyBody = z
  .object({
    model: z.string().min(1).max(128),
    inputs: z.array(z.string()),
    truncate: z.enum(['NONE', 'START', 'END']).nullish().describe('`END` when absent.'),
    examples: z.unknown().optional().describe('Refused: models are trained elsewhere.'),
  })
  .meta({ id: 'CohereClassifyBody' });

export const cohereClassifications = z
  .strictObject({
    id: z.string(),
    classifications: z.array(
      z.strictObject({
        id: z.string(),
        input: z.string(),
        prediction: z.string().nullable().describe('Null with several labels: see `predictions`.'),
        confidence: z.number().nullable(),
        predictions: z.array(z.string()),
        confidences: z.array(z.number()),
        labels: z.record(z.string(), z.strictObject({ confidence: z.number() })),
        classification_type: z.enum(['single-label', 'multi-label']),
      }),
    ),
    meta: cohereMeta,
  })
  .meta({ id: 'CohereClassifications' });

/** What a request to classify asks a model. Throws `validation` where it has examples to learn from. */
export function cohereClassifyCall(body: z.infer<typeof cohereClassifyBody>): Call {
  const { model, inputs, truncate, examples } = body;
  if (examples !== undefined && examples !== null) {
    const message = 'not supported: the model has its labels';
    throw new HeddleError('validation', 'One field is wrong; see errors.', {
      errors: [{ pointer: '/examples', code: 'unknown-field', message }],
    });
  }
  return {
    source: 'cohere',
    model,
    task: 'text-classification',
    inputs,
    maxInputs: MAX_INPUTS,
    parameters: cohereTruncationOf(truncate),
  };
}

export function cohereTruncationOf(truncate: 'NONE' | 'START' | 'END' | null | undefined) {
  if (truncate === 'NONE') return { truncate: false };
  return { truncate: true, truncation_side: truncate === 'START' ? 'left' : 'right' };
}

/** `idOf`: id of the classification of a text, by its place. Throws `task-not-supported` for a model without labels. */
export function cohereClassified(
  inputs: readonly string[],
  { outputs }: Answered,
  idOf: (index: number) => string,
): z.infer<typeof cohereClassifications>['classifications'] {
  return outputs.map((output, i) => {
    const scores = labelsOf(output);
    const selected = 'selected' in output ? output.selected : undefined;
    const shown = { id: idOf(i), input: inputs[i]!, labels: byLabel(scores) };
    if (selected) {
      const predictions = scores.filter(({ label }) => selected.includes(label));
      return {
        ...shown,
        prediction: null,
        confidence: null,
        ...listsOf(predictions),
        classification_type: 'multi-label',
      };
    }
    const [best] = scores;
    return {
      ...shown,
      prediction: best!.label,
      confidence: best!.score,
      ...listsOf([best!]),
      classification_type: 'single-label',
    };
  });
}

function listsOf(scores: LabelScore[]) {
  return {
    predictions: scores.map(({ label }) => label),
    confidences: scores.map(({ score }) => score),
  };
}

function byLabel(scores: LabelScore[]) {
  return Object.fromEntries(scores.map(({ label, score }) => [label, { confidence: score }]));
}
