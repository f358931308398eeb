import { labelScore } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { labelsOf } from '../shared/labels.js';

const pair = z.object({ text: z.string(), text_pair: z.string().optional() });

export const classificationsBody = z
  .object({
    model: z.string().min(1).max(128),
    input: z.union([z.string(), z.array(z.union([z.string(), pair])), pair], {
      error: 'a text, a text with its pair, or a list of those',
    }),
    top_k: z.int().min(1).optional(),
    parameters: z.record(z.string(), z.unknown()).default({}).describe('As of `POST /v1/jobs`.'),
  })
  .meta({ id: 'OpenAIClassificationsBody' });

export const classificationList = z
  .strictObject({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.strictObject({
        object: z.literal('classification'),
        index: z.int().min(0),
        label: z.string(),
        score: z.number(),
        labels: z.array(labelScore),
      }),
    ),
    usage: z.strictObject({ prompt_tokens: z.int().min(0), total_tokens: z.int().min(0) }),
  })
  .meta({ id: 'OpenAIClassifications' });

/** With candidate labels it is the zero-shot task that is asked. */
export function classificationsCall({
  model,
  input,
  top_k,
  parameters,
}: z.infer<typeof classificationsBody>): Call {
  return {
    source: 'openai',
    model,
    task: 'candidate_labels' in parameters ? 'zero-shot-classification' : 'text-classification',
    inputs: [input].flat(),
    parameters: { ...parameters, ...(top_k === undefined ? {} : { top_k }) },
  };
}

export function classificationsAnswer(
  model: string,
  { outputs, tokens }: Answered,
): z.infer<typeof classificationList> {
  return {
    object: 'list',
    model,
    data: outputs.map((output, index) => {
      const labels = labelsOf(output);
      return { object: 'classification', index, ...labels[0]!, labels };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
