import type { Value } from '@heddle/onnx';
import type { TableRows } from './table-rows.js';
import type { PositionTerms } from './terms.js';

/**
 * All pairs by an index: the products of every token and the D rows in use, T [L, D], are read flat, at
 * i·D + row(i−j) for content to position and at j·D + row(i−j) for position to content. Either index [L·L] is
 * computed once per run for all layers, heads and sequences, and the second needs no transposition.
 */
export function gatheredTerms(rows: TableRows): PositionTerms {
  return {
    contentToPosition: (q, table) => read(rows, q, table, 'query'),
    positionToContent: (k, table) => read(rows, k, table, 'key'),
  };
}

/** x [B, h, L, d] · rows in use [h, D, d]ᵀ, read at the index of its axis. [B, h, L, L] */
function read(rows: TableRows, x: Value, table: Value, axis: 'query' | 'key'): Value {
  const { graph, config } = rows.context;
  const { batch, length } = rows.sequence;
  const heads = graph.ints([config.attentionHeads]);
  const flatShape = rows.share('flat', () =>
    graph.node('Concat', [batch, heads, graph.ints([-1])], { axis: 0 }),
  );
  const pairShape = rows.share('pairs', () =>
    graph.node('Concat', [batch, heads, length, length], { axis: 0 }),
  );

  const transposed = graph.node('Transpose', [rows.used(table)], { perm: [0, 2, 1] });
  const flat = graph.node('Reshape', [graph.node('MatMul', [x, transposed]), flatShape]);
  const index = rows.share(`index by ${axis}`, () => flatIndex(rows, axis));
  return graph.node('Reshape', [graph.node('Gather', [flat, index], { axis: 2 }), pairShape]);
}

/** t·D + row(i−j) for all pairs, t the token of this axis. [L·L] */
function flatIndex(rows: TableRows, axis: 'query' | 'key'): Value {
  const { graph } = rows.context;
  const byQuery = rows.share('query', () => graph.node('Unsqueeze', [rows.tokens(), graph.ints([1])]));
  const byKey = rows.share('key', () => graph.node('Unsqueeze', [rows.tokens(), graph.ints([0])]));
  const row = rows.share('row of pair', () => rows.amongUsed(graph.node('Sub', [byQuery, byKey])));
  const offset = graph.node('Mul', [axis === 'query' ? byQuery : byKey, rows.usedCount()]);
  return graph.node('Reshape', [graph.node('Add', [offset, row]), graph.ints([-1])]);
}
