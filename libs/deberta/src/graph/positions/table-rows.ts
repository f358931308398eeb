import type { Value } from '@heddle/onnx';
import type { RelativeAttention } from '../../config/model-config.js';
import type { Context } from '../context.js';
import type { Sequence } from '../embeddings.js';
import { relativeRow } from './relative-row.js';

/** Which rows of the tables a sequence of length L reads. What is the same in every layer is emitted once. */
export class TableRows {
  private readonly shared = new Map<string, Value>();

  constructor(
    readonly context: Context,
    private readonly relative: RelativeAttention,
    readonly sequence: Sequence,
  ) {}

  /** Rows of a table for distances L−1, L−2 … −L. [h, 2L, d] */
  descending(table: Value): Value {
    const { maxTokens } = this.context;
    return this.take(
      table,
      this.share('descending', () => this.window(this.indices((position) => maxTokens - 1 - position))),
    );
  }

  /** Rows of a table for distances 1−L, 2−L … L. [h, 2L, d] */
  ascending(table: Value): Value {
    return this.take(
      table,
      this.share('ascending', () => this.window(this.byDistance())),
    );
  }

  /** Rows of a table for the distances of the first token to each: 0, −1 … 1−L. [h, L, d] */
  ofFirst(table: Value): Value {
    const { graph, maxTokens } = this.context;
    const indices = this.share('first', () => {
      const descending = this.indices((position) => maxTokens - 1 - position);
      const first = graph.ints([maxTokens - 1]);
      const end = graph.node('Add', [first, this.sequence.length]);
      return graph.node('Slice', [descending, first, end]);
    });
    return this.take(table, indices);
  }

  /** The rows of a table from that of distance 1−L to that of L−1, each once. [h, D, d], or [D, d] of one head */
  used(table: Value, axis: 0 | 1 = 1): Value {
    const { graph, config, floats } = this.context;
    const heads = axis === 0 ? [] : [config.attentionHeads];
    const shape = [...heads, 'used rows', config.hiddenSize / config.attentionHeads];
    const bounds = [this.firstUsed(), this.endOfUsed(), graph.ints([axis])];
    return graph.node('Slice', [table, ...bounds], {}, { result: { type: floats, shape } });
  }

  /** Where `used` has the row of each distance. Same shape as `distances`, which lie in 1−L … L−1. */
  amongUsed(distances: Value): Value {
    const { graph, maxTokens } = this.context;
    const positions = graph.node('Add', [distances, graph.ints([maxTokens - 1], [])]);
    const rows = graph.node('Gather', [this.byDistance(), positions]);
    return graph.node('Sub', [rows, this.firstUsed()]);
  }

  /** Row of the table for each distance, which lie in −L … L; that for −L is never read. Same shape. */
  ofDistances(distances: Value): Value {
    const { graph, maxTokens } = this.context;
    const positions = graph.node('Add', [distances, graph.ints([maxTokens - 1], [])]);
    return graph.node('Gather', [this.byDistance(), graph.node('Max', [positions, graph.ints([0], [])])]);
  }

  /** 0, 1 … L−1. [L] */
  tokens(): Value {
    const { graph } = this.context;
    return this.share('tokens', () => {
      const end = graph.node('Squeeze', [this.sequence.length]);
      return graph.node('Range', [graph.ints([0], []), end, graph.ints([1], [])]);
    });
  }

  share(key: string, emit: () => Value): Value {
    const value = this.shared.get(key) ?? this.context.graph.outside(emit);
    this.shared.set(key, value);
    return value;
  }

  private firstUsed(): Value {
    const { graph, maxTokens } = this.context;
    return this.share('first used', () => {
      const position = graph.node('Sub', [graph.ints([maxTokens]), this.sequence.length]);
      return graph.node('Gather', [this.byDistance(), position]);
    });
  }

  private endOfUsed(): Value {
    const { graph, maxTokens } = this.context;
    return this.share('end of used', () => {
      const position = graph.node('Add', [graph.ints([maxTokens - 2]), this.sequence.length]);
      const last = graph.node('Gather', [this.byDistance(), position]);
      return graph.node('Add', [last, graph.ints([1])]);
    });
  }

  private take(table: Value, indices: Value): Value {
    return this.context.graph.node('Gather', [table, indices], { axis: 1 });
  }

  /** The 2L entries around the middle of a table of 2·maxTokens. */
  private window(table: Value): Value {
    const { graph, maxTokens } = this.context;
    const { length } = this.sequence;
    const middle = graph.ints([maxTokens]);
    const start = graph.node('Sub', [middle, length]);
    return graph.node('Slice', [table, start, graph.node('Add', [middle, length])]);
  }

  /** Row of the distance `position − (maxTokens − 1)` for positions 0 … 2·maxTokens − 1. */
  private byDistance(): Value {
    const { maxTokens } = this.context;
    return this.indices((position) => position - (maxTokens - 1));
  }

  /** Rows for every distance inputs of up to maxTokens have, those beyond the table's reach included. */
  private indices(distanceAt: (position: number) => number): Value {
    const positions = Array.from({ length: 2 * this.context.maxTokens }, (_, position) => position);
    return this.context.graph.ints(positions.map((at) => relativeRow(distanceAt(at), this.relative)));
  }
}
