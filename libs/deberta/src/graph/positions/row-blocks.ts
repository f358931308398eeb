import type { Value } from '@heddle/onnx';
import type { TableRows } from './table-rows.js';
import type { HeadPositionTerms } from './terms.js';

/** Most rows of a block: few enough that little more than L columns are computed for a row. */
const MAX_ROWS = 64;
const TO_THE_END = Number.MAX_SAFE_INTEGER;

/**
 * The rows of one head in blocks of R: the rows i0 … i0+R−1 meet distances of a window of W = L + R alone, not all 2L.
 * With columns in descending order of distance, i0+R … i0−L+1, the pair of row a of the block and key j is in column
 * j − a + R, at flat position R + a·(W−1) + j. So dropping the first R values and reading the rest as rows of W−1 has
 * the wanted row at the beginning of each. All L rows are one block where L is no multiple of the number of blocks.
 */
export function rowBlockTerms(rows: TableRows): HeadPositionTerms {
  const { graph } = rows.context;
  return {
    contentToPosition: (q, table) => alignRows(rows, q, table, 'query first'),
    // The same with keys as rows, then turned around.
    positionToContent: (k, table) =>
      graph.node('Transpose', [alignRows(rows, k, table, 'key first')], { perm: [0, 2, 1] }),
  };
}

/**
 * The length that a batch of sequences of up to `length` tokens is best padded to: the next that blocks divide, at most
 * one token for every 64 more, and at most `maxTokens`.
 */
export function paddedLength(length: number, maxTokens: number): number {
  const blocks = Math.ceil(length / MAX_ROWS);
  return Math.min(blocks * Math.ceil(length / blocks), maxTokens);
}

/** x [B, L, d] · table [2·span, d] by distance. [B, L, L] */
function alignRows(rows: TableRows, x: Value, table: Value, order: 'query first' | 'key first'): Value {
  const { graph } = rows.context;
  const { blocks, size, width, shape, flat, byRow } = partition(rows);
  const window = graph.node('Gather', [
    table,
    rows.share(order, () => windows(rows, order, blocks, size, width)),
  ]);
  const products = graph.node('MatMul', [
    graph.node('Reshape', [x, shape]),
    graph.node('Transpose', [window], { perm: [0, 2, 1] }),
  ]);
  const aligned = graph.node('Slice', [
    graph.node('Reshape', [products, flat]),
    size,
    graph.ints([TO_THE_END]),
    graph.ints([2]),
  ]);
  const diagonals = graph.node('Reshape', [aligned, byRow]);
  return graph.node('Slice', [diagonals, graph.ints([0]), rows.sequence.length, graph.ints([2])]);
}

/** Sizes that all layers and heads share, one-element tensors and shapes. */
function partition(rows: TableRows) {
  const { graph, config } = rows.context;
  const { batch, length } = rows.sequence;
  const one = graph.ints([1]);
  const blocks = rows.share('blocks', () => {
    const wanted = graph.node('Div', [
      graph.node('Add', [length, graph.ints([MAX_ROWS - 1])]),
      graph.ints([MAX_ROWS]),
    ]);
    const rest = graph.node('Mod', [length, wanted]);
    return graph.node('Where', [graph.node('Equal', [rest, graph.ints([0])]), wanted, one]);
  });
  const size = rows.share('rows of a block', () => graph.node('Div', [length, blocks]));
  const width = rows.share('columns of a block', () => graph.node('Add', [length, size]));
  const join = (key: string, ...sizes: Value[]) =>
    rows.share(key, () => graph.node('Concat', sizes, { axis: 0 }));
  const perHead = graph.ints([config.hiddenSize / config.attentionHeads]);
  return {
    blocks,
    size,
    width,
    shape: join('by block', batch, blocks, size, perHead),
    flat: join('flat blocks', batch, blocks, graph.ints([-1])),
    byRow: join(
      'rows of blocks',
      batch,
      length,
      rows.share('columns without the first', () => graph.node('Sub', [width, one])),
    ),
  };
}

/** Rows of the table for the columns of every block. [blocks, W] */
function windows(
  rows: TableRows,
  order: 'query first' | 'key first',
  blocks: Value,
  size: Value,
  width: Value,
): Value {
  const { graph } = rows.context;
  const count = (end: Value, first: number, by: number) =>
    graph.node('Range', [
      graph.ints([first], []),
      graph.node('Add', [graph.node('Squeeze', [end]), graph.ints([first], [])]),
      graph.ints([by], []),
    ]);
  const ends = graph.node('Mul', [count(blocks, 1, 1), size]);
  const distances = graph.node('Sub', [graph.node('Unsqueeze', [ends, graph.ints([1])]), count(width, 0, 1)]);
  return rows.ofDistances(order === 'query first' ? distances : graph.node('Neg', [distances]));
}
