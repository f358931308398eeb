import type { Value } from '@heddle/onnx';
import type { TableRows } from './table-rows.js';
import type { PositionTerms } from './terms.js';

/**
 * Chosen tokens, others in every sequence: products with the D rows in use, of which each pair of token and key
 * reads the one of its distance. `tokens` [B, n].
 */
export function chosenTokensTerms(rows: TableRows, tokens: Value): PositionTerms {
  const { graph, config } = rows.context;
  const product = (x: Value, table: Value) =>
    graph.node('MatMul', [x, graph.node('Transpose', [rows.used(table)], { perm: [0, 2, 1] })]);
  const index = rows.share('row of chosen', () => {
    const distances = graph.node('Sub', [
      graph.node('Unsqueeze', [tokens, graph.ints([1, 3])]),
      graph.node('Unsqueeze', [rows.tokens(), graph.ints([0, 1, 2])]),
    ]);
    // GatherElements does not broadcast its index: [B, 1, n, L] is repeated for every head.
    const heads = graph.ints([1, config.attentionHeads, 1, 1]);
    return graph.node('Tile', [rows.amongUsed(distances), heads]);
  });
  const indexByKey = rows.share('row of chosen by key', () =>
    graph.node('Transpose', [index], { perm: [0, 1, 3, 2] }),
  );
  return {
    contentToPosition: (q, table) => graph.node('GatherElements', [product(q, table), index], { axis: 3 }),
    positionToContent: (k, table) => {
      const byKey = graph.node('GatherElements', [product(k, table), indexByKey], { axis: 3 });
      return graph.node('Transpose', [byKey], { perm: [0, 1, 3, 2] });
    },
  };
}
