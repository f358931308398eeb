import { type LabelScore, newUuid, type VersionManifest } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { labelsOf } from './labels.js';

/** A score from which on a text has the label, unless the version says otherwise. */
const THRESHOLD = 0.5;
/** Labels that say that there is nothing to say, likewise. */
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

/** The categories are the model's own labels, read as its version says. */
export function moderationsAnswer(
  model: string,
  { outputs }: Pick<Answered, 'outputs'>,
  { moderation }: Pick<VersionManifest, 'moderation'>,
): z.infer<typeof moderation> {
  const safe = moderation?.safe_labels && new Set(moderation.safe_labels);
  const thresholds = new Map(Object.entries(moderation?.thresholds ?? {}));
  const isFlagged = ({ label, score }: LabelScore) =>
    score >= (thresholds.get(label) ?? THRESHOLD) && !(safe ? safe.has(label) : SAFE.test(label));
  return {
    id: `modr_${newUuid().replaceAll('-', '')}`,
    model,
    results: outputs.map((output) => {
      const labels = labelsOf(output);
      const by = <Value>(of: (label: LabelScore) => Value) =>
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
