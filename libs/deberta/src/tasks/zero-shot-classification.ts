import type { TextItem, ZeroShotOutput, ZeroShotParameters } from '@heddle/contracts';
import { ranked, softmax } from './scores.js';
import { logitsFor, type TaskHandler } from './task.js';
import { textOf } from './text-units.js';

/**
 * Any labels, asked of a natural language inference model: the text is the premise, a sentence about each label
 * the hypothesis. Rules of transformers' ZeroShotClassificationPipeline.
 */
export const zeroShotClassification: TaskHandler<TextItem, ZeroShotParameters, ZeroShotOutput> = {
  encode: async (item, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide, candidate_labels: labels } = parameters;
    // A function, because "$&" in a label would mean something to replace.
    const hypotheses = labels.map((label) => parameters.hypothesis_template.replace('{}', () => label));
    const encodings = await tokenizer.encodePairs(textOf(item), hypotheses, {
      maxTokens,
      truncate,
      truncationSide,
      strategy: 'only-first',
    });
    return encodings.map((encoding, i) => ({
      ...logitsFor(encoding),
      answerBytes: Buffer.byteLength(labels[i]!),
    }));
  },

  decode: (_item, { candidate_labels: labels, multi_label: multiLabel }, _sequences, rows, model) => {
    const entailment = entailmentIndex(model.labels);
    const entailments = rows.map((row) => row.logits!.data[entailment]!);
    if (!multiLabel && labels.length > 1) return { labels: ranked(labels, softmax(entailments)) };
    const contradiction = entailment === 0 ? model.labels.length - 1 : 0;
    const scores = rows.map((row, i) => softmax([row.logits!.data[contradiction]!, entailments[i]!])[1]!);
    return { labels: ranked(labels, scores) };
  },
};

/** The first label that begins with "entail", else the last. */
function entailmentIndex(labels: string[]): number {
  const index = labels.findIndex((label) => label.toLowerCase().startsWith('entail'));
  return index < 0 ? labels.length - 1 : index;
}
