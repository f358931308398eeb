import {
  type ClassifiedItem,
  float32s,
  type TextClassificationOutput,
  type TextClassificationParameters,
} from '@heddle/contracts';
import { encodingOfIds } from '../tokenizer/given-ids.js';
import { ranked, sigmoid, softmax } from './scores.js';
import { logitsFor, type ServedModel, type TaskHandler } from './task.js';

/** A label for a text or a pair of texts; scores as transformers' TextClassificationPipeline computes them. */
export const textClassification: TaskHandler<
  ClassifiedItem,
  TextClassificationParameters,
  TextClassificationOutput
> = {
  encode: async (item, parameters, { tokenizer, maxTokens, architecture: { vocabSize } }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    const options = { maxTokens, truncate, truncationSide };
    if (typeof item === 'object' && 'token_ids' in item)
      return [logitsFor(encodingOfIds(item.token_ids, tokenizer, { ...options, vocabSize }))];
    const input = typeof item === 'string' ? { text: item } : { text: item.text, pair: item.text_pair };
    return [logitsFor(await tokenizer.encode(input, options))];
  },

  decode: (_item, parameters, _sequences, [row], model) => {
    const logits = row!.logits!.data;
    const apply = functionOf(parameters, model);
    if (model.problemType === 'regression' && parameters.function_to_apply === 'auto') {
      const values = float32s(logits);
      return values.length === 1 ? { value: values[0]! } : { values };
    }
    const scores =
      apply === 'softmax' ? softmax(logits) : Array.from(logits, apply === 'sigmoid' ? sigmoid : Number);
    const labels = ranked(model.labels, scores);
    const shown = { labels: labels.slice(0, parameters.top_k ?? labels.length) };
    if (model.problemType !== 'multi_label_classification') return shown;
    const selected = labels.filter(({ score }) => score >= parameters.threshold).map(({ label }) => label);
    return { ...shown, selected };
  },
};

/** `auto`: none for regression, sigmoid for several labels at once or a single one, softmax otherwise. */
function functionOf(
  parameters: TextClassificationParameters,
  model: ServedModel,
): 'softmax' | 'sigmoid' | 'none' {
  if (parameters.function_to_apply !== 'auto') return parameters.function_to_apply;
  if (model.problemType === 'regression') return 'none';
  return model.problemType === 'multi_label_classification' || model.labels.length === 1
    ? 'sigmoid'
    : 'softmax';
}
