import type { VersionManifest } from '@heddle/contracts';
import { sigmoid, softmax } from '@heddle/deberta';

type Described = Pick<VersionManifest, 'head' | 'problemType' | 'labels' | 'architecture'>;

/**
 * What is shown of an output's values of one sequence: probabilities, where the head's logits become such. Integer
 * products round an activation to its neighbour now and then, which logits show and answers hardly do.
 */
export function scoresOf(model: Described): (output: string, values: Float32Array) => number[] {
  const { head, problemType, labels, architecture } = model;
  switch (head) {
    case 'features':
      return (_, values) => Array.from(values);
    case 'question-answering':
      return (_, values) => softmax(values);
    case 'masked-lm':
      return (_, values) => softmaxOfRows(values, architecture.vocabSize);
    case 'token-classification':
      return (_, values) => softmaxOfRows(values, labels.length);
    // Of a choice beside one whose logit is 0.
    case 'multiple-choice':
    case 'replaced-token-detection':
      return (_, values) => Array.from(values, sigmoid);
    case 'sequence-classification':
      if (problemType === 'regression') return (_, values) => Array.from(values);
      if (problemType === 'multi_label_classification' || labels.length === 1) {
        return (_, values) => Array.from(values, sigmoid);
      }
      return (_, values) => softmax(values);
  }
}

function softmaxOfRows(values: Float32Array, size: number): number[] {
  const rows = Array.from({ length: values.length / size }, (_, i) =>
    values.subarray(i * size, (i + 1) * size),
  );
  return rows.flatMap(softmax);
}
