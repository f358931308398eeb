import type { Head } from '../config/model-config.js';
import { encode } from './encoder.js';
import { activate, type Matrix, row } from './matrix.js';
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
  layers: Matrix[];
  /** Of the last layer. */
  hidden: Matrix;
}

const HEADS: Record<Head, (input: HeadInput) => Promise<Record<string, Matrix>>> = {
  'sequence-classification': classifySequence,
  'token-classification': classifyTokens,
};

/** logits [1, labels] */
async function classifySequence({ model, tensors, hidden }: HeadInput) {
  const first = { rows: 1, columns: hidden.columns, data: row(hidden, 0) };
  const pooled = activate(model.poolerActivation, await tensors.linear('pooler.dense', first));
  return { logits: await tensors.linear('classifier', pooled) };
}

/** logits [n, labels] */
async function classifyTokens({ model, tensors, hidden }: HeadInput) {
  const x = model.projected ? activate('gelu', await tensors.linear('proj', hidden)) : hidden;
  return { logits: await tensors.linear('classifier', x) };
}
