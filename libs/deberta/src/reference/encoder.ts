import { attend } from './attention.js';
import { convolve, embed, look } from './embeddings.js';
import { activate, add, type Matrix } from './matrix.js';
import type { ReferenceBatch, ReferenceModel } from './model.js';
import type { Tensors } from './tensors.js';

/** Output of every layer [n, H], the input of the first one in front. */
export async function encode(
  model: ReferenceModel,
  tensors: Tensors,
  batch: ReferenceBatch,
): Promise<Matrix[]> {
  const embedded = await embed(model, tensors, batch);
  const relative = await relativeTable(model, tensors);
  const outputs = [embedded];
  for (let index = 0; index < model.layers; index++) {
    const tokens = outputs.at(-1)!;
    let hidden = await block(model, tensors, index, { tokens, queries: tokens, batch, relative });
    if (index === 0 && model.convolution) {
      hidden = await convolve(model, tensors, batch, embedded, hidden);
    }
    outputs.push(hidden);
  }
  return outputs;
}

/**
 * Microsoft's enhanced mask decoder: the last layer twice over the input of the last layer, whose first queries
 * are that input and the raw absolute positions. [n, H]
 */
export async function decodeMasks(
  model: ReferenceModel,
  tensors: Tensors,
  batch: ReferenceBatch,
  layerOutputs: Matrix[],
): Promise<Matrix> {
  const tokens = layerOutputs.at(-2)!;
  const table = 'embeddings.position_embeddings.weight';
  const relative = await relativeTable(model, tensors);
  let queries = add(tokens, await look(tensors, table, batch.positions, model.embeddingSize));
  for (let step = 0; step < 2; step++) {
    queries = await block(model, tensors, model.layers - 1, { tokens, queries, batch, relative });
  }
  return queries;
}

async function relativeTable(model: ReferenceModel, tensors: Tensors): Promise<Matrix | null> {
  const { relative } = model.attention;
  if (!relative) return null;
  const rows = Array.from({ length: 2 * relative.span }, (_, index) => index);
  const table = await look(tensors, 'encoder.rel_embeddings.weight', rows, model.hiddenSize);
  return relative.normalized ? tensors.layerNorm('encoder.LayerNorm', table) : table;
}

interface BlockInput {
  tokens: Matrix;
  queries: Matrix;
  batch: ReferenceBatch;
  relative: Matrix | null;
}

/** LN(attention + queries) = a; LN(W₂·act(W₁·a) + a). [n, H] */
async function block(
  model: ReferenceModel,
  tensors: Tensors,
  index: number,
  { tokens, queries, batch, relative }: BlockInput,
): Promise<Matrix> {
  const layer = `encoder.layer.${index}`;
  const context = await attend(model, tensors, layer, { queries, tokens, batch, relative });
  const projected = await tensors.linear(`${layer}.attention.output.dense`, context);
  const attended = await tensors.layerNorm(`${layer}.attention.output.LayerNorm`, add(projected, queries));
  const wide = await tensors.linear(`${layer}.intermediate.dense`, attended);
  const narrow = await tensors.linear(`${layer}.output.dense`, activate(model.hiddenActivation, wide));
  return tensors.layerNorm(`${layer}.output.LayerNorm`, add(narrow, attended));
}
