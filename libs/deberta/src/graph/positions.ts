import type { Value } from '@heddle/onnx';
import type { RelativeAttention } from '../config/model-config.js';
import type { Context } from './context.js';
import type { Sequence } from './embeddings.js';
import { relativeRow } from './relative-rows.js';

/**
 * The position terms of the scores, from tables [heads, 2·span, d] that hold a row per bucket.
 * A term of the pair (i, j) depends on i − j alone, so the product with the rows ordered by distance holds
 * every term on a diagonal, which pad-free reshapes turn into a row ("skew"): with T [L, 2L], column t for
 * distance L−1−t, flat position L−1 + i·(2L−1) + j is T[i, j−i+L−1].
 */
export class PositionTerms {
  private readonly shared = new Map<string, Value>();

  constructor(
    private readonly context: Context,
    private readonly relative: RelativeAttention,
    private readonly sequence: Sequence,
  ) {}

  /** q_i · PK[i−j] for all i, j. q [B, h, L, d] → [B, h, L, L] */
  contentToPosition(q: Value, table: Value): Value {
    return this.skew(q, this.rows(table, this.descending('all')));
  }

  /** k_j · PQ[i−j] for all i, j. k [B, h, L, d] → [B, h, L, L] */
  positionToContent(k: Value, table: Value): Value {
    const byKey = this.skew(k, this.rows(table, this.ascending()));
    return this.context.graph.node('Transpose', [byKey], { perm: [0, 1, 3, 2] });
  }

  /** q_0 · PK[0−j] for all j. q [B, h, 1, d] → [B, h, 1, L] */
  contentToPositionOfFirst(q: Value, table: Value): Value {
    const rows = this.rows(table, this.descending('first'));
    return this.context.graph.node('MatMul', [q, this.transposed(rows)]);
  }

  /** k_j · PQ[0−j] for all j. k [B, h, L, d] → [B, h, 1, L] */
  positionToContentOfFirst(k: Value, table: Value): Value {
    const { graph } = this.context;
    const products = graph.node('Mul', [k, this.rows(table, this.descending('first'))]);
    const sums = graph.node('ReduceSum', [products, graph.ints([-1])], { keepdims: 0 });
    return graph.node('Unsqueeze', [sums, graph.ints([2])]);
  }

  /** x [B, h, L, d] · rows [h, 2L, d]ᵀ, one diagonal per row. [B, h, L, L] */
  private skew(x: Value, rows: Value): Value {
    const { graph, config } = this.context;
    const { batch, length } = this.sequence;
    const heads = graph.ints([config.attentionHeads]);
    const one = graph.ints([1]);
    const width = this.share('2L-1', () =>
      graph.node('Sub', [graph.node('Mul', [length, graph.ints([2])]), one]),
    );
    const start = this.share('L-1', () => graph.node('Sub', [length, one]));
    const end = this.share('end', () => graph.node('Add', [start, graph.node('Mul', [length, width])]));
    const flatShape = this.share('flat', () =>
      graph.node('Concat', [batch, heads, graph.ints([-1])], { axis: 0 }),
    );
    const rowShape = this.share('row', () =>
      graph.node('Concat', [batch, heads, length, width], { axis: 0 }),
    );

    const byDistance = graph.node('MatMul', [x, this.transposed(rows)]);
    const flat = graph.node('Reshape', [byDistance, flatShape]);
    const aligned = graph.node('Slice', [flat, start, end, graph.ints([2])]);
    const diagonals = graph.node('Reshape', [aligned, rowShape]);
    return graph.node('Slice', [diagonals, graph.ints([0]), length, graph.ints([3])]);
  }

  private rows(table: Value, indices: Value): Value {
    return this.context.graph.node('Gather', [table, indices], { axis: 1 });
  }

  private transposed(rows: Value): Value {
    return this.context.graph.node('Transpose', [rows], { perm: [0, 2, 1] });
  }

  /** Table rows for distances L−1 … −L (all pairs, [2L]) or 0 … 1−L (the first query, [L]). */
  private descending(queries: 'all' | 'first'): Value {
    const { graph, maxTokens } = this.context;
    const { length } = this.sequence;
    const table = this.indices((position) => maxTokens - 1 - position);
    if (queries === 'all') return this.share('descending', () => this.window(table));
    const first = graph.ints([maxTokens - 1]);
    return this.share('first', () => graph.node('Slice', [table, first, graph.node('Add', [first, length])]));
  }

  /** Table rows for distances 1−L … L. [2L] */
  private ascending(): Value {
    const { maxTokens } = this.context;
    const table = this.indices((position) => position - (maxTokens - 1));
    return this.share('ascending', () => this.window(table));
  }

  /** The 2L entries around the middle of a table of 2·maxTokens. */
  private window(table: Value): Value {
    const { graph, maxTokens } = this.context;
    const { length } = this.sequence;
    const middle = graph.ints([maxTokens]);
    const start = graph.node('Sub', [middle, length]);
    return graph.node('Slice', [table, start, graph.node('Add', [middle, length])]);
  }

  /** Rows for every distance inputs of up to maxTokens have, those beyond the table's reach included. */
  private indices(distanceAt: (position: number) => number): Value {
    const positions = Array.from({ length: 2 * this.context.maxTokens }, (_, position) => position);
    return this.context.graph.ints(positions.map((at) => relativeRow(distanceAt(at), this.relative)));
  }

  /** Index arithmetic is the same in every layer: it is emitted where it is first needed. */
  private share(key: string, emit: () => Value): Value {
    const value = this.shared.get(key) ?? emit();
    this.shared.set(key, value);
    return value;
  }
}
