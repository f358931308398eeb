import type { VersionManifest } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { scoresOf } from '../shared/outputs.js';
import { truncationFields, truncationOf } from '../shared/truncation.js';

/** A text, or a text with its pair. */
const sequence = z.union([z.string(), z.array(z.string()).min(1).max(2)]);

export const teiPredictBody = z
  .object({
    inputs: z
      .union([z.string(), z.array(sequence)], {
        error: 'a text, a list of two texts that are a pair, or a list of such lists',
      })
      .refine((inputs) => !isOne(inputs) || typeof inputs === 'string' || inputs.length <= 2, {
        error: 'a plain list is a pair, which has two texts; for several texts, put each into a list',
      })
      .describe('A text; a pair of texts; or a list of lists of one or two texts.'),
    ...truncationFields,
    raw_scores: z.boolean().nullish().describe('Logits in place of probabilities.'),
  })
  .meta({ id: 'TEIPredictBody' });
type PredictBody = z.infer<typeof teiPredictBody>;
type Inputs = string | (string | string[])[];

const prediction = z.strictObject({ score: z.number(), label: z.string() });
export const teiPredictions = z
  .union([z.array(prediction), z.array(z.array(prediction))])
  .meta({ id: 'TEIPredictions' });

/** What a request for a prediction asks a model of that kind. */
export function teiPredictCall(
  model: string,
  body: PredictBody,
  manifest: Pick<VersionManifest, 'labels' | 'problemType'>,
): Call {
  return {
    source: 'tei',
    model,
    task: 'text-classification',
    inputs: sequencesOf(body.inputs).map(itemOf),
    parameters: { ...truncationOf(body), function_to_apply: functionFor(body, manifest) },
  };
}

/** One text, or one pair, is answered with one list of labels. */
export function teiPredicted(
  { inputs }: PredictBody,
  { outputs }: Answered,
  { labels }: Pick<VersionManifest, 'labels'>,
): z.infer<typeof teiPredictions> {
  const all = outputs.map((output) => scoresOf(output, labels).map(({ label, score }) => ({ score, label })));
  return isOne(inputs) ? all[0]! : all;
}

function isOne(inputs: Inputs): inputs is string | string[] {
  return typeof inputs === 'string' || (inputs.length > 0 && inputs.every((one) => typeof one === 'string'));
}

function sequencesOf(inputs: Inputs): (string | string[])[] {
  return isOne(inputs) ? [inputs] : inputs;
}

function itemOf(one: string | string[]): unknown {
  if (typeof one === 'string') return one;
  const [text, pair] = one;
  return pair === undefined ? text : { text, text_pair: pair };
}

/** One label is one probability, also of a model that was made to give numbers. */
function functionFor(
  { raw_scores: raw }: PredictBody,
  { labels, problemType }: Pick<VersionManifest, 'labels' | 'problemType'>,
): string {
  if (raw) return 'none';
  if (labels.length === 1) return 'sigmoid';
  return problemType === 'regression' ? 'none' : 'auto';
}
