import type { Value } from '@heddle/onnx';
import type { TableRows } from './table-rows.js';
import type { PositionTerms } from './terms.js';

/**
 * All pairs by reshapes. With the products of a token and the rows for 2L distances in descending order,
 * T [L, 2L], column t belongs to distance L−1−t; the wanted value of (i, j) is T[i, j−i+L−1], at flat position
 * i·2L + j−i+L−1 = (L−1) + i·(2L−1) + j. So dropping the first L−1 values and reading the rest as rows of 2L−1
 * has the wanted row i at its beginning. 2L instead of 2L−1 columns keep this legal for L = 1.
 */
export function skewedTerms(rows: TableRows): PositionTerms {
  const { graph } = rows.context;
  return {
    contentToPosition: (q, table) => skew(rows, q, rows.descending(table)),
    // The same with keys as rows and distances i−j ascending in i, then turned around.
    positionToContent: (k, table) =>
      graph.node('Transpose', [skew(rows, k, rows.ascending(table))], { perm: [0, 1, 3, 2] }),
  };
}

/** x [B, h, L, d] · by distance [h, 2L, d]ᵀ, one diagonal per row. [B, h, L, L] */
function skew(rows: TableRows, x: Value, byDistance: Value): Value {
  const { graph, config } = rows.context;
  const { batch, length } = rows.sequence;
  const heads = graph.ints([config.attentionHeads]);
  const one = graph.ints([1]);
  const width = rows.share('2L-1', () =>
    graph.node('Sub', [graph.node('Mul', [length, graph.ints([2])]), one]),
  );
  const start = rows.share('L-1', () => graph.node('Sub', [length, one]));
  const end = rows.share('end', () => graph.node('Add', [start, graph.node('Mul', [length, width])]));
  const flatShape = rows.share('flat', () =>
    graph.node('Concat', [batch, heads, graph.ints([-1])], { axis: 0 }),
  );
  const rowShape = rows.share('row', () => graph.node('Concat', [batch, heads, length, width], { axis: 0 }));

  const transposed = graph.node('Transpose', [byDistance], { perm: [0, 2, 1] });
  const flat = graph.node('Reshape', [graph.node('MatMul', [x, transposed]), flatShape]);
  const aligned = graph.node('Slice', [flat, start, end, graph.ints([2])]);
  const diagonals = graph.node('Reshape', [aligned, rowShape]);
  return graph.node('Slice', [diagonals, graph.ints([0]), length, graph.ints([3])]);
}
