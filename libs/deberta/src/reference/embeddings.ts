import { activate, add, linear, type Matrix, matrix, row } from './matrix.js';
import type { ReferenceBatch, ReferenceModel } from './model.js';
import type { Tensors } from './tensors.js';

/** LN(W_word[ids] + W_pos[positions] + W_type[types], projected to H). [n, H] */
export async function embed(
  model: ReferenceModel,
  tensors: Tensors,
  { ids, positions, typeIds }: ReferenceBatch,
): Promise<Matrix> {
  let x = await look(tensors, 'embeddings.word_embeddings.weight', ids, model.embeddingSize);
  if (model.absolutePositions) {
    const table = 'embeddings.position_embeddings.weight';
    x = add(x, await look(tensors, table, positions, model.embeddingSize));
  }
  if (model.typeVocabSize > 0) {
    const table = 'embeddings.token_type_embeddings.weight';
    x = add(x, await look(tensors, table, typeIds, model.embeddingSize));
  }
  if (model.embeddingSize !== model.hiddenSize) {
    x = linear(x, await tensors.read('embeddings.embed_proj.weight'), null);
  }
  return tensors.layerNorm('embeddings.LayerNorm', x);
}

/** Rows of a table. */
export async function look(
  tensors: Tensors,
  name: string,
  indices: readonly number[],
  columns: number,
): Promise<Matrix> {
  const table = await tensors.read(name);
  const found = matrix(indices.length, columns);
  for (const [at, index] of indices.entries()) {
    row(found, at).set(table.subarray(index * columns, (index + 1) * columns));
  }
  return found;
}

/**
 * The convolution of v2 xlarge: LN(first layer + act(conv(embeddings))). A neighbour that is no real token is 0,
 * like the edge. `embedded` and `hidden` [n, H]
 */
export async function convolve(
  model: ReferenceModel,
  tensors: Tensors,
  { positions, ranges }: ReferenceBatch,
  embedded: Matrix,
  hidden: Matrix,
): Promise<Matrix> {
  const { kernel, groups, activation } = model.convolution!;
  const weight = await tensors.read('encoder.conv.conv.weight');
  const bias = await tensors.read('encoder.conv.conv.bias');
  const size = model.hiddenSize;
  const inputs = size / groups;
  const sums = matrix(embedded.rows, size);
  for (const { from, to } of ranges) {
    const rows = Array.from({ length: to - from }, (_, at) => from + at);
    const placed = new Map(rows.map((at) => [positions[at]!, row(embedded, at)]));
    for (const at of rows) {
      for (let output = 0; output < size; output++) {
        const firstInput = Math.floor(output / (size / groups)) * inputs;
        let sum = bias[output]!;
        for (let tap = 0; tap < kernel; tap++) {
          const neighbour = placed.get(positions[at]! + tap - (kernel - 1) / 2);
          if (!neighbour) continue;
          for (let i = 0; i < inputs; i++) {
            sum += weight[(output * inputs + i) * kernel + tap]! * neighbour[firstInput + i]!;
          }
        }
        sums.data[at * size + output] = sum;
      }
    }
  }
  return tensors.layerNorm('encoder.conv.LayerNorm', add(hidden, activate(activation, sums)));
}
