import type { HeadPlan, MlmHead } from '../config/head.js';
import type { ModelConfig } from '../config/model-config.js';
import { layerNorm, linear, type NamedShape } from './named-shapes.js';

/** Tensors of a model's head. */
export function headShapes(config: ModelConfig, { head, mlm, projected, labels }: HeadPlan): NamedShape[] {
  const hidden = config.hiddenSize;
  switch (head) {
    case 'sequence-classification':
      return [...linear('pooler.dense', hidden, hidden), ...linear('classifier', labels.length, hidden)];
    case 'multiple-choice':
      return [...linear('pooler.dense', hidden, hidden), ...linear('classifier', 1, hidden)];
    case 'token-classification':
      return [
        ...(projected ? linear('proj', hidden, hidden) : []),
        ...linear('classifier', labels.length, hidden),
      ];
    case 'question-answering':
      return linear('qa_outputs', 2, hidden);
    case 'replaced-token-detection':
      return [
        ...layerNorm('mask_predictions.LayerNorm', hidden),
        ...linear('mask_predictions.dense', hidden, hidden),
        ...linear('mask_predictions.classifier', 1, hidden),
      ];
    case 'masked-lm':
      return maskedWordShapes(config, mlm!);
    case 'features':
      return [];
  }
}

/** Where the layer before the vocabulary lies, by head. */
export const MASKED_WORD_HEAD: Record<MlmHead, string> = {
  'ms-emd': 'lm_predictions.lm_head',
  'hf-new': 'lm_predictions.lm_head',
  'hf-legacy': 'cls.predictions.transform',
};
/** Where the bias of the vocabulary lies. */
export const MASKED_WORD_BIAS: Record<MlmHead, string> = {
  'ms-emd': 'lm_predictions.lm_head.bias',
  'hf-new': 'lm_predictions.lm_head.bias',
  'hf-legacy': 'cls.predictions.bias',
};

function maskedWordShapes(config: ModelConfig, mlm: MlmHead): NamedShape[] {
  const { hiddenSize, embeddingSize, vocabSize, maxPositions, absolutePositions, tiedDecoder } = config;
  const entries: NamedShape[] = [
    ...linear(`${MASKED_WORD_HEAD[mlm]}.dense`, embeddingSize, hiddenSize),
    ...layerNorm(`${MASKED_WORD_HEAD[mlm]}.LayerNorm`, embeddingSize),
    [MASKED_WORD_BIAS[mlm], [vocabSize]],
  ];
  if (mlm === 'ms-emd' && !absolutePositions) {
    entries.push(['embeddings.position_embeddings.weight', [maxPositions, embeddingSize]]);
  }
  if (mlm === 'hf-legacy' && !tiedDecoder) {
    entries.push(['cls.predictions.decoder.weight', [vocabSize, embeddingSize]]);
  }
  return entries;
}
