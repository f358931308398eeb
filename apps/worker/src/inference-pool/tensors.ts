import { type ForwardRow, paddedLength, type RowTensor, type Sequence } from '@heddle/deberta';
import type { ForwardInput, OutputTensor, RunResult } from '@heddle/runtime';
import type { Row } from '../batcher/batcher.js';

/**
 * Sequences as one padded batch for a graph that takes `maxTokens`: `inputIds`, `attentionMask` and `typeIds` are
 * [batch, length], row-major.
 */
export function padded(sequences: Sequence[], maxTokens: number): ForwardInput {
  const batch = sequences.length;
  const length = paddedLength(Math.max(...sequences.map(({ encoding }) => encoding.length)), maxTokens);
  // Id 0 is [PAD] in every DeBERTa vocabulary; the mask makes its value irrelevant to real tokens.
  const inputIds = new Int32Array(batch * length);
  const attentionMask = new Uint8Array(batch * length);
  const typeIds = new Uint8Array(batch * length);
  const positions: number[] = [];
  for (const [row, { encoding, positions: asked = [] }] of sequences.entries()) {
    inputIds.set(encoding.ids, row * length);
    typeIds.set(encoding.typeIds, row * length);
    attentionMask.fill(1, row * length, row * length + encoding.length);
    for (const position of asked) positions.push(row, position);
  }
  const outputs = [...sequences[0]!.outputs];
  return { inputIds, attentionMask, typeIds, positions: Int32Array.from(positions), batch, length, outputs };
}

/** The outputs of a batch as one row a sequence, without padding. */
export function split({ outputs, nonFiniteRows }: RunResult, sequences: Sequence[]): Row[] {
  const nonFinite = new Set(nonFiniteRows);
  let firstPosition = 0;
  return sequences.map(({ encoding, positions, keep = (all) => all }, row) => {
    const count = positions?.length ?? 0;
    const tensors = Object.entries(outputs).map(([name, output]): [string, RowTensor] => [
      name,
      output.axes[0] === 'positions'
        ? crop(output, firstPosition, count, encoding.length)
        : withoutBatch(crop(output, row, 1, encoding.length)),
    ]);
    firstPosition += count;
    return { outputs: keep(Object.fromEntries(tensors) as ForwardRow), finite: !nonFinite.has(row) };
  });
}

function withoutBatch({ data, shape }: RowTensor): RowTensor {
  return { data, shape: shape.slice(1) };
}

/** Entries [from, from + count) of the first axis, the axes that count tokens cut to `length`. */
function crop({ data, dims, axes }: OutputTensor, from: number, count: number, length: number): RowTensor {
  const shape = dims.map((size, axis) => (axis === 0 ? count : axes[axis] === 'sequence' ? length : size));
  const stride = dims.slice(1).reduce((product, size) => product * size, 1);
  const lastCut = shape.findLastIndex((size, axis) => axis > 0 && size !== dims[axis]);
  const start = from * stride;
  if (lastCut < 0) return { data: data.slice(start, start + count * stride), shape };
  // Everything behind the last shortened axis is copied in one piece.
  const piece = shape.slice(lastCut).reduce((product, size) => product * size, 1);
  const pieceStride = dims.slice(lastCut).reduce((product, size) => product * size, 1);
  const result = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const outer = shape.slice(0, lastCut);
  const index = outer.map(() => 0);
  for (let target = 0; target < result.length; target += piece) {
    const place = index.reduce((sum, at, axis) => sum * dims[axis]! + at, 0);
    const source = start + place * pieceStride;
    result.set(data.subarray(source, source + piece), target);
    for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === outer[axis]; axis--) index[axis] = 0;
  }
  return { data: result, shape };
}
