import type { MlmHead } from '../config/head.js';
import type { Head } from '../config/model-config.js';
import { decodeMasks, encode } from './encoder.js';
import { activate, add, linear, type Matrix, matrix, row, rowsAt } from './matrix.js';
import { batchOf, type ReferenceBatch, type ReferenceModel, type ReferenceSequence } from './model.js';
import type { Tensors } from './tensors.js';

/** The model's outputs by name, for each sequence. */
export async function headOutputs(
  model: ReferenceModel,
  tensors: Tensors,
  sequences: readonly ReferenceSequence[],
): Promise<Record<string, Matrix>[]> {
  const batch = batchOf(sequences);
  const layers = await encode(model, tensors, batch);
  const outputs = await HEADS[model.head]({ model, tensors, batch, layers, hidden: layers.at(-1)! });
  return sequences.map((_, index) =>
    Object.fromEntries(
      outputs.map(({ name, per, values }) => [name, rowsAt(values, ROWS[per](batch, index))]),
    ),
  );
}

/** An output of all sequences together: a row a sequence, a token, or a token that was asked for. */
interface Output {
  name: string;
  per: 'sequence' | 'token' | 'asked';
  values: Matrix;
}

/** Rows of an output that are a sequence's. */
const ROWS: Record<Output['per'], (batch: ReferenceBatch, index: number) => number[]> = {
  sequence: (_, index) => [index],
  token: ({ ranges }, index) => {
    const { from, to } = ranges[index]!;
    return Array.from({ length: to - from }, (_, at) => from + at);
  },
  asked: ({ ranges, asked }, index) => {
    const { from, to } = ranges[index]!;
    return asked.flatMap((token, at) => (token >= from && token < to ? [at] : []));
  },
};

interface HeadInput {
  model: ReferenceModel;
  tensors: Tensors;
  batch: ReferenceBatch;
  /** The input of the first layer, and the output of every layer. [n, H] each */
  layers: Matrix[];
  /** Of the last layer. */
  hidden: Matrix;
}

const HEADS: Record<Head, (input: HeadInput) => Promise<Output[]>> = {
  'sequence-classification': classifySequence,
  'multiple-choice': classifySequence,
  'token-classification': classifyTokens,
  'question-answering': answer,
  'masked-lm': fillMasks,
  'replaced-token-detection': detectReplaced,
  features: showFeatures,
};

/** The first token of each sequence. [sequences, H] */
function firstTokens({ hidden, batch }: HeadInput): Matrix {
  return rowsAt(
    hidden,
    batch.ranges.map(({ from }) => from),
  );
}

/** logits [sequences, labels] */
async function classifySequence(input: HeadInput): Promise<Output[]> {
  const { model, tensors } = input;
  const pooled = activate(model.poolerActivation, await tensors.linear('pooler.dense', firstTokens(input)));
  return [{ name: 'logits', per: 'sequence', values: await tensors.linear('classifier', pooled) }];
}

/** logits [n, labels] */
async function classifyTokens({ model, tensors, hidden }: HeadInput): Promise<Output[]> {
  const x = model.projected ? activate('gelu', await tensors.linear('proj', hidden)) : hidden;
  return [{ name: 'logits', per: 'token', values: await tensors.linear('classifier', x) }];
}

/** start_logits and end_logits [n, 1] */
async function answer({ tensors, hidden }: HeadInput): Promise<Output[]> {
  const both = await tensors.linear('qa_outputs', hidden);
  return ['start_logits', 'end_logits'].map((name, column) => {
    const data = both.data.filter((_, at) => at % 2 === column);
    return { name, per: 'token', values: { rows: both.rows, columns: 1, data } };
  });
}

const MASKED_WORD: Record<MlmHead, { layer: string; bias: string }> = {
  'ms-emd': { layer: 'lm_predictions.lm_head', bias: 'lm_predictions.lm_head.bias' },
  'hf-new': { layer: 'lm_predictions.lm_head', bias: 'lm_predictions.lm_head.bias' },
  'hf-legacy': { layer: 'cls.predictions.transform', bias: 'cls.predictions.bias' },
};

/** logits [asked, vocabulary]: LN(act(dense(x)))·Wᵀ + bias, W the word embeddings unless the head has its own. */
async function fillMasks({ model, tensors, batch, layers, hidden }: HeadInput): Promise<Output[]> {
  const { layer, bias } = MASKED_WORD[model.mlm!];
  const decodes = model.mlm === 'ms-emd' && !model.absolutePositions;
  const states = decodes ? await decodeMasks(model, tensors, batch, layers) : hidden;
  const dense = await tensors.linear(`${layer}.dense`, rowsAt(states, batch.asked));
  const x = await tensors.layerNorm(`${layer}.LayerNorm`, activate(model.hiddenActivation, dense));
  const own = model.mlm === 'hf-legacy' && !model.tiedDecoder;
  const words = own ? 'cls.predictions.decoder.weight' : 'embeddings.word_embeddings.weight';
  const values = linear(x, await tensors.read(words), await tensors.read(bias));
  return [{ name: 'logits', per: 'asked', values }];
}

/** logits [n, 1]: classifier(act(dense(LN(h₀ + h)))), h₀ the first token of the same sequence */
async function detectReplaced({ model, tensors, batch, hidden }: HeadInput): Promise<Output[]> {
  const firsts = batch.ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, () => from));
  const sum = add(rowsAt(hidden, firsts), hidden);
  const normed = await tensors.layerNorm('mask_predictions.LayerNorm', sum);
  const dense = activate(model.hiddenActivation, await tensors.linear('mask_predictions.dense', normed));
  return [
    { name: 'logits', per: 'token', values: await tensors.linear('mask_predictions.classifier', dense) },
  ];
}

/** tokens [n, H], mean and cls [sequences, H] */
async function showFeatures(input: HeadInput): Promise<Output[]> {
  const { hidden, batch } = input;
  const means = matrix(batch.ranges.length, hidden.columns);
  for (const [index, { from, to }] of batch.ranges.entries()) {
    const mean = row(means, index);
    for (let at = from; at < to; at++) {
      for (const [i, value] of row(hidden, at).entries()) mean[i]! += value / (to - from);
    }
  }
  return [
    { name: 'tokens', per: 'token', values: hidden },
    { name: 'mean', per: 'sequence', values: means },
    { name: 'cls', per: 'sequence', values: firstTokens(input) },
  ];
}
