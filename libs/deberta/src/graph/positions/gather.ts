import { DATA_TYPES, type Value } from '@heddle/onnx';
import type { TableRows } from './table-rows.js';
import type { HeadPositionTerms, PositionTerms } from './terms.js';

/**
 * Any queries by an index: of the products of a token and the D rows in use, [B, h, L, D], each pair reads the one
 * of its distance. The index is computed once per run for all layers. `queries` are the numbers of the tokens that
 * ask, [B, n], or [1, n] where they are the same in every sequence.
 */
export function gatheredTerms(rows: TableRows, queries: () => Value): PositionTerms {
  const { graph, config } = rows.context;
  const product = (x: Value, table: Value) =>
    graph.node('MatMul', [x, graph.node('Transpose', [rows.used(table)], { perm: [0, 2, 1] })]);
  // [B, h, n, L]: GatherElements does not broadcast its index.
  const index = () =>
    rows.share('row of pair', () => {
      const distances = graph.node('Sub', [
        graph.node('Unsqueeze', [queries(), graph.ints([1, 3])]),
        graph.node('Unsqueeze', [rows.tokens(), graph.ints([0, 1, 2])]),
      ]);
      const shape = graph.node('Concat', [rows.sequence.batch, graph.ints([config.attentionHeads, 1, 1])], {
        axis: 0,
      });
      const byPair = inHalfTheBits(rows, distances);
      return graph.node('Expand', [byPair, shape]);
    });
  const indexByKey = () =>
    rows.share('row of pair by key', () => graph.node('Transpose', [index()], { perm: [0, 1, 3, 2] }));
  return {
    contentToPosition: (q, table) => graph.node('GatherElements', [product(q, table), index()], { axis: 3 }),
    positionToContent: (k, table) => {
      const byKey = graph.node('GatherElements', [product(k, table), indexByKey()], { axis: 3 });
      return graph.node('Transpose', [byKey], { perm: [0, 1, 3, 2] });
    },
  };
}

/** All queries of one head in the same way. */
export function gatheredHeadTerms(rows: TableRows): HeadPositionTerms {
  const { graph } = rows.context;
  const product = (x: Value, table: Value) => {
    const used = graph.node('Transpose', [rows.used(table, 0)], { perm: [1, 0] });
    return graph.node('MatMul', [x, used]);
  };
  // [B, L, L]
  const index = (order: 'query first' | 'key first') =>
    rows.share(`row of ${order}`, () => {
      const tokens = rows.tokens();
      const distances = graph.node('Sub', [graph.node('Unsqueeze', [tokens, graph.ints([1])]), tokens]);
      const signed = order === 'query first' ? distances : graph.node('Neg', [distances]);
      const shape = graph.node('Concat', [rows.sequence.batch, graph.ints([1, 1])], { axis: 0 });
      const result = { type: 'int32', shape: ['batch', 'sequence', 'sequence'] } as const;
      return graph.node('Expand', [inHalfTheBits(rows, signed), shape], {}, { result });
    });
  return {
    contentToPosition: (q, table) =>
      graph.node('GatherElements', [product(q, table), index('query first')], { axis: 2 }),
    positionToContent: (k, table) => {
      const byKey = graph.node('GatherElements', [product(k, table), index('key first')], { axis: 2 });
      return graph.node('Transpose', [byKey], { perm: [0, 2, 1] });
    },
  };
}

/** The row of each pair in 32 bits: half the index that every layer reads. */
function inHalfTheBits(rows: TableRows, distances: Value): Value {
  return rows.context.graph.node('Cast', [rows.amongUsed(distances)], { to: DATA_TYPES.int32.code });
}
