import type { Value } from '@heddle/onnx';
import type { Context } from '../context.js';
import type { Sequence } from '../embeddings.js';

export interface Slots {
  /** Tokens by row and slot; slots that a row does not need hold token 0. [B, P] */
  tokens: Value;
  /** P, the most positions any row has, at least 1. [1] */
  count: Value;
  /** Slots back to the order of the input: [B·P, H] → [n, H] */
  pick(rows: Value): Value;
}

/**
 * Lays positions [n, 2] (row, token), which come in any order and number per row, out as a table of slots by row:
 * the r-th position of a row goes to its slot r. Attention can then run for all rows together, at a cost that
 * follows the row with most positions and not the length of sequences.
 */
export function slotsOf({ graph, config }: Context, { batch }: Sequence, positions: Value): Slots {
  const column = (index: number) => graph.node('Gather', [positions, graph.ints([index], [])], { axis: 1 });
  const row = column(0);
  const number = (value: number) => graph.ints([value], []);

  // Rank of each position among those of its row: how many of the row there are up to it, minus one.
  const rows = graph.node('Range', [number(0), graph.node('Squeeze', [batch]), number(1)]);
  const isOfRow = graph.node(
    'Cast',
    [graph.node('Equal', [graph.node('Unsqueeze', [row, graph.ints([1])]), rows])],
    { to: INT64 },
  );
  const countUpTo = graph.node('CumSum', [isOfRow, number(0)]);
  const ownCount = graph.node('ReduceSum', [graph.node('Mul', [countUpTo, isOfRow]), graph.ints([1])], {
    keepdims: 0,
  });
  const rank = graph.node('Sub', [ownCount, number(1)]);
  // Without any position there is one slot, so that no tensor of the layer is empty.
  const count = graph.node('ReduceMax', [graph.node('Concat', [ownCount, graph.ints([1])], { axis: 0 })], {
    keepdims: 1,
  });

  const slot = graph.node(
    'Concat',
    [graph.node('Unsqueeze', [row, graph.ints([1])]), graph.node('Unsqueeze', [rank, graph.ints([1])])],
    { axis: 1 },
  );
  const shape = graph.node('Concat', [batch, count], { axis: 0 });
  const empty = graph.node('Expand', [graph.ints([0]), shape]);
  return {
    tokens: graph.node('ScatterND', [empty, slot, column(1)]),
    count,
    pick: (values) => {
      const width = graph.ints([config.hiddenSize]);
      const bySlot = graph.node('Concat', [shape, width], { axis: 0 });
      return graph.node('GatherND', [graph.node('Reshape', [values, bySlot]), slot]);
    },
  };
}

/** TensorProto.INT64 */
const INT64 = 7;
