import type { MlmHead } from '../config/head.js';
import type { Head } from '../config/model-config.js';
import { decodeMasks, encode } from './encoder.js';
import { activate, add, linear, type Matrix, matrix, row, rowsAt } from './matrix.js';
import type { ReferenceModel, ReferenceSequence } from './model.js';
import type { Tensors } from './tensors.js';

/** The model's outputs by name. */
export async function headOutputs(
  model: ReferenceModel,
  tensors: Tensors,
  sequence: ReferenceSequence,
): Promise<Record<string, Matrix>> {
  const layers = await encode(model, tensors, sequence);
  return HEADS[model.head]({ model, tensors, sequence, layers, hidden: layers.at(-1)! });
}

interface HeadInput {
  model: ReferenceModel;
  tensors: Tensors;
  sequence: ReferenceSequence;
  /** The input of the first layer, and the output of every layer. [n, H] each */
  layers: Matrix[];
  /** Of the last layer. */
  hidden: Matrix;
}

const HEADS: Record<Head, (input: HeadInput) => Promise<Record<string, Matrix>>> = {
  'sequence-classification': classifySequence,
  'multiple-choice': classifySequence,
  'token-classification': classifyTokens,
  'question-answering': answer,
  'masked-lm': fillMasks,
  'replaced-token-detection': detectReplaced,
  features: showFeatures,
};

/** logits [1, labels] */
async function classifySequence({ model, tensors, hidden }: HeadInput) {
  const pooled = activate(model.poolerActivation, await tensors.linear('pooler.dense', rowsAt(hidden, [0])));
  return { logits: await tensors.linear('classifier', pooled) };
}

/** logits [n, labels] */
async function classifyTokens({ model, tensors, hidden }: HeadInput) {
  const x = model.projected ? activate('gelu', await tensors.linear('proj', hidden)) : hidden;
  return { logits: await tensors.linear('classifier', x) };
}

/** start_logits and end_logits [n, 1] */
async function answer({ tensors, hidden }: HeadInput) {
  const both = await tensors.linear('qa_outputs', hidden);
  const column = (index: number): Matrix => ({
    rows: both.rows,
    columns: 1,
    data: both.data.filter((_, at) => at % 2 === index),
  });
  return { start_logits: column(0), end_logits: column(1) };
}

const MASKED_WORD: Record<MlmHead, { layer: string; bias: string }> = {
  'ms-emd': { layer: 'lm_predictions.lm_head', bias: 'lm_predictions.lm_head.bias' },
  'hf-new': { layer: 'lm_predictions.lm_head', bias: 'lm_predictions.lm_head.bias' },
  'hf-legacy': { layer: 'cls.predictions.transform', bias: 'cls.predictions.bias' },
};

/** logits [asked, vocabulary]: LN(act(dense(x)))·Wᵀ + bias, W the word embeddings unless the head has its own. */
async function fillMasks({ model, tensors, sequence, layers, hidden }: HeadInput) {
  const { layer, bias } = MASKED_WORD[model.mlm!];
  const decodes = model.mlm === 'ms-emd' && !model.absolutePositions;
  const states = decodes ? await decodeMasks(model, tensors, sequence, layers) : hidden;
  const dense = await tensors.linear(`${layer}.dense`, rowsAt(states, sequence.asked));
  const x = await tensors.layerNorm(`${layer}.LayerNorm`, activate(model.hiddenActivation, dense));
  const own = model.mlm === 'hf-legacy' && !model.tiedDecoder;
  const words = own ? 'cls.predictions.decoder.weight' : 'embeddings.word_embeddings.weight';
  return { logits: linear(x, await tensors.read(words), await tensors.read(bias)) };
}

/** logits [n, 1]: classifier(act(dense(LN(h₀ + h)))) */
async function detectReplaced({ model, tensors, hidden }: HeadInput) {
  const first = rowsAt(
    hidden,
    Array.from({ length: hidden.rows }, () => 0),
  );
  const normed = await tensors.layerNorm('mask_predictions.LayerNorm', add(first, hidden));
  const dense = activate(model.hiddenActivation, await tensors.linear('mask_predictions.dense', normed));
  return { logits: await tensors.linear('mask_predictions.classifier', dense) };
}

/** tokens [n, H], mean and cls [1, H] */
async function showFeatures({ hidden }: HeadInput) {
  const mean = matrix(1, hidden.columns);
  for (let at = 0; at < hidden.rows; at++) {
    for (const [i, value] of row(hidden, at).entries()) mean.data[i]! += value / hidden.rows;
  }
  return { tokens: hidden, mean, cls: rowsAt(hidden, [0]) };
}
