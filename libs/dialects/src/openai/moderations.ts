import { newUuid } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { labelsOf } from './labels.js';

/** A score from which on a text has the label. */
const THRESHOLD = 0.5;
/** Labels that say that there is nothing to say. */
const SAFE = /^(safe|ok|neutral|not_.*)$/i;
const textPart = z.object({
  type: z.literal('text', { error: 'only texts are looked at' }),
  text: z.string(),
});

export const moderationsBody = z
  .object({
    model: z.string().min(1).max(128),
    input: z.union([z.string(), z.array(z.string()), z.array(textPart)], {
      error: 'a text, a list of texts, or a list of {"type":"text","text":…}',
    }),
  })
  .meta({ id: 'OpenAIModerationsBody' });

export const moderation = z
  .strictObject({
    id: z.string(),
    model: z.string(),
    results: z.array(
      z.strictObject({
        flagged: z.boolean(),
        categories: z.record(z.string(), z.boolean()),
        category_scores: z.record(z.string(), z.number()),
        category_applied_input_types: z.record(z.string(), z.array(z.literal('text'))),
      }),
    ),
  })
  .meta({ id: 'OpenAIModeration' });

export function moderationsCall({ model, input }: z.infer<typeof moderationsBody>): Call {
  const inputs = [input].flat().map((one) => (typeof one === 'string' ? one : one.text));
  return { source: 'openai', model, task: 'text-classification', inputs, parameters: {} };
}

/** The categories are the model's own labels. */
export function moderationsAnswer(
  model: string,
  { outputs }: Pick<Answered, 'outputs'>,
): z.infer<typeof moderation> {
  return {
    id: `modr_${newUuid().replaceAll('-', '')}`,
    model,
    results: outputs.map((output) => {
      const labels = labelsOf(output);
      const isFlagged = ({ label, score }: { label: string; score: number }) =>
        score >= THRESHOLD && !SAFE.test(label);
      const by = <Value>(of: (label: { label: string; score: number }) => Value) =>
        Object.fromEntries(labels.map((label) => [label.label, of(label)]));
      return {
        flagged: labels.some(isFlagged),
        categories: by(isFlagged),
        category_scores: by(({ score }) => score),
        category_applied_input_types: by(() => ['text' as const]),
      };
    }),
  };
}
