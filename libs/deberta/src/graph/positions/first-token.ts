import type { TableRows } from './table-rows.js';
import type { PositionTerms } from './terms.js';

/** The first token alone: L distances, one for each key, no diagonals to align. */
export function firstTokenTerms(rows: TableRows): PositionTerms {
  const { graph } = rows.context;
  return {
    contentToPosition: (q, table) => {
      const transposed = graph.node('Transpose', [rows.ofFirst(table)], { perm: [0, 2, 1] });
      return graph.node('MatMul', [q, transposed]);
    },
    positionToContent: (k, table) => {
      const products = graph.node('Mul', [k, rows.ofFirst(table)]);
      const sums = graph.node('ReduceSum', [products, graph.ints([-1])], { keepdims: 0 });
      return graph.node('Unsqueeze', [sums, graph.ints([2])]);
    },
  };
}
