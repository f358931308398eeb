import type { Activation } from '../config/activations.js';
import type { Head, ModelConfig } from '../config/model-config.js';

/** What the formulas need to know of a model. */
export interface ReferenceModel extends ModelConfig {
  /** v1 keeps query, key and value in one tensor and does not normalise the relative embeddings. */
  fused: boolean;
  typeVocabSize: number;
  convolution: { kernel: number; groups: number; activation: Activation } | null;
  talkingHeads: boolean;
  head: Head;
  /** A token classifier with a layer `proj` before the classifier. */
  projected: boolean;
}

export function referenceModel(config: ModelConfig): ReferenceModel {
  return {
    ...config,
    fused: false,
    typeVocabSize: 0,
    convolution: null,
    talkingHeads: false,
    projected: false,
  };
}

/** The real tokens of one sequence; padding has no part in the formulas. */
export interface ReferenceSequence {
  ids: readonly number[];
  /** Place of each token in its sequence, ascending. */
  positions: readonly number[];
  /** Token types; all 0 when absent. */
  typeIds?: readonly number[];
}
