import type { Head } from '../../config/model-config.js';
import type { Context } from '../context.js';
import { emitMultipleChoice, emitSequenceClassification, emitTokenClassification } from './classification.js';
import { emitFeatures } from './features.js';
import { emitMaskedLm } from './masked-lm.js';
import { emitQuestionAnswering } from './question-answering.js';
import { emitReplacedTokenDetection } from './replaced-token-detection.js';

/** Emits a whole graph: from `input_ids` and `attention_mask` [B, L] to what the head answers. */
export async function emitModel(context: Context): Promise<void> {
  await EMITTERS[context.plan.head](context);
}

const EMITTERS: Record<Head, (context: Context) => Promise<void>> = {
  'sequence-classification': emitSequenceClassification,
  'token-classification': emitTokenClassification,
  'question-answering': emitQuestionAnswering,
  'multiple-choice': emitMultipleChoice,
  'masked-lm': emitMaskedLm,
  'replaced-token-detection': emitReplacedTokenDetection,
  features: emitFeatures,
};
