import type { Value } from '@heddle/onnx';
import type { Context } from './context.js';
import { bySequence, type Sequence } from './embeddings.js';
import { lazily } from './lazily.js';
import { LOWEST_FLOAT } from './masks.js';
import { firstTokenTerms } from './positions/first-token.js';
import { gatheredHeadTerms, gatheredTerms } from './positions/gather.js';
import { rowBlockTerms } from './positions/row-blocks.js';
import { skewedTerms } from './positions/skew.js';
import { TableRows } from './positions/table-rows.js';
import type { HeadPositionTerms, PositionTerms } from './positions/terms.js';

/**
 * The tokens whose new states a layer computes: `n` of every sequence, each attending to all L keys. A row of
 * attention depends on no other row, so a last layer that computes the rows its head reads is exact.
 */
export interface Queries {
  /** n: a one-element tensor, or the number itself where it is known. */
  count: Value | 1;
  /** Their rows: [B·L, H] → [B·n, H] */
  take(x: Value): Value;
  /** Which keys they see, for `hide` (masks.ts). [B, 1, 1 or n, L] */
  mask(): Value;
  /** Null in a model without relative positions. */
  positions: PositionTerms | null;
  /** To attend head by head; null unless all tokens are queries. */
  byHead: HeadQueries | null;
}

export interface HeadQueries {
  /** Whether all heads together are quicker: a boolean scalar. */
  isSmall(): Value;
  /** Added to the scores of a head. [B, 1 or L, L] */
  mask(): Value;
  /** Null in a model without relative positions. */
  positions: HeadPositionTerms | null;
}

export function allTokens(context: Context, sequence: Sequence): Queries {
  const { graph, lowering } = context;
  const mask = maskOf(context, sequence, () =>
    graph.node('Unsqueeze', [numbersTo(context, sequence.length), graph.ints([1])]),
  );
  return {
    count: sequence.length,
    take: (x) => x,
    mask,
    positions: withRows(context, sequence, (rows) =>
      lowering === 'skew'
        ? skewedTerms(rows)
        : gatheredTerms(rows, () => graph.node('Unsqueeze', [rows.tokens(), graph.ints([0])])),
    ),
    byHead: {
      isSmall: lazily(() => graph.outside(() => isSmall(context, sequence))),
      mask: lazily(() => graph.outside(() => graph.node('Squeeze', [mask(), graph.ints([1])]))),
      positions: withRows(context, sequence, lowering === 'skew' ? rowBlockTerms : gatheredHeadTerms),
    },
  };
}

/** What a sequence classifier reads. */
export function firstToken(context: Context, sequence: Sequence): Queries {
  const { graph, config } = context;
  return {
    count: 1,
    take: (x) => {
      const tokens = bySequence(context, sequence, x, config.hiddenSize);
      return graph.node('Gather', [tokens, graph.ints([0], [])], { axis: 1 });
    },
    mask: () => sequence.keyMask,
    positions: withRows(context, sequence, firstTokenTerms),
    byHead: null,
  };
}

/** `tokens` [B, n] of every sequence. */
export function chosenTokens(context: Context, sequence: Sequence, tokens: Value, count: Value): Queries {
  const { graph } = context;
  const first = graph.node('Mul', [numbersTo(context, sequence.batch), sequence.length]);
  const byRow = graph.node('Add', [graph.node('Unsqueeze', [first, graph.ints([1])]), tokens]);
  const rows = graph.node('Reshape', [byRow, graph.ints([-1])]);
  return {
    count,
    take: (x) => graph.node('Gather', [x, rows]),
    mask: maskOf(context, sequence, () => graph.node('Unsqueeze', [tokens, graph.ints([1, 3])])),
    positions: withRows(context, sequence, (table) => gatheredTerms(table, () => tokens)),
    byHead: null,
  };
}

function isSmall({ graph, togetherUpTo }: Context, { batch, length }: Sequence): Value {
  const tokens = graph.node('Squeeze', [graph.node('Mul', [batch, length])]);
  return graph.node('LessOrEqual', [tokens, graph.ints([togetherUpTo], [])]);
}

function withRows<Terms>(
  context: Context,
  sequence: Sequence,
  terms: (rows: TableRows) => Terms,
): Terms | null {
  const { relative } = context.config.attention;
  return relative && terms(new TableRows(context, relative, sequence));
}

/** Hides padding and, in a causal graph (float32), keys after the query, whose number broadcasts with [L] keys. */
function maskOf(context: Context, sequence: Sequence, query: () => Value): () => Value {
  if (!context.causal) return () => sequence.keyMask;
  const emit = () => {
    const { graph } = context;
    const later = graph.node('Less', [query(), numbersTo(context, sequence.length)]);
    const mask = graph.node('Where', [later, graph.float(LOWEST_FLOAT), graph.float(0)]);
    // The lower of the two, not their sum, which would be minus infinity and make rows of padding NaN.
    return graph.node('Min', [sequence.keyMask, mask]);
  };
  return lazily(() => context.graph.outside(emit));
}

/** 0, 1 … end−1 */
function numbersTo({ graph }: Context, end: Value): Value {
  return graph.node('Range', [graph.ints([0], []), graph.node('Squeeze', [end]), graph.ints([1], [])]);
}
