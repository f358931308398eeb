import type { Value } from '@heddle/onnx';
import { type Context, parameter } from './context.js';
import type { Sequence } from './embeddings.js';
import { lazily } from './lazily.js';
import { hide } from './masks.js';
import { project } from './projections.js';
import type { Queries } from './queries.js';
import { positionTables } from './tables.js';

/** What queries look at: computed from the tokens that are attended to, whoever asks. */
export interface Keys {
  /** [B, h, L, d] */
  keys: Value;
  /** [B, h, L, d]; not part of the graph unless somebody asks. */
  values: () => Value;
  /** Of the queries these were made for. [B, h, n, L]; null without the term. */
  positionToContent: Value | null;
  /** PK of the layer; null without the term. */
  positionKeys: Value | null;
}

/** The terms of the scores, each divided by the scale. [B, h, n, L] */
export interface ScoreTerms {
  contentToContent: Value;
  contentToPosition: Value | null;
  positionToContent: Value | null;
}

/** Queries [B, h, n, d] of all tokens and what they look at, from one product. */
export async function projectAll(
  context: Context,
  layer: string,
  sequence: Sequence,
  queries: Queries,
): Promise<{ query: Value; keys: Keys }> {
  const projected = await project(context, layer, sequence.hidden, ['query', 'key', 'value']);
  return splitProjected(context, layer, sequence, queries, projected);
}

/** The same from the product [B·L, 3·H]. */
export async function splitProjected(
  context: Context,
  layer: string,
  sequence: Sequence,
  queries: Queries,
  projected: Value,
): Promise<{ query: Value; keys: Keys }> {
  const [query, key, value] = splitHeads(context, projected, 3, sequence.batch, sequence.length);
  return { query: query!(), keys: await keysOf(context, layer, queries, key!(), value!) };
}

/** Rows [B·n, H] as queries [B, h, n, d]. */
export async function projectQueries(
  context: Context,
  layer: string,
  rows: Value,
  { batch }: Sequence,
  { count }: Queries,
): Promise<Value> {
  const projected = await project(context, layer, rows, ['query']);
  return splitHeads(context, projected, 1, batch, count)[0]!();
}

export async function projectKeys(
  context: Context,
  layer: string,
  sequence: Sequence,
  queries: Queries,
): Promise<Keys> {
  const projected = await project(context, layer, sequence.hidden, ['key', 'value']);
  const [key, value] = splitHeads(context, projected, 2, sequence.batch, sequence.length);
  return keysOf(context, layer, queries, key!(), value!);
}

/**
 * The scores of disentangled attention before mask and softmax (DeBERTa paper §3.1; transformers
 * DisentangledSelfAttention): (q·k + q·PK[i−j] + k·PQ[i−j]) / scale, term by term.
 */
export function scoreTerms({ graph }: Context, query: Value, keys: Keys, queries: Queries): ScoreTerms {
  const transposed = graph.node('Transpose', [keys.keys], { perm: [0, 1, 3, 2] });
  return {
    contentToContent: graph.node('MatMul', [query, transposed]),
    contentToPosition: keys.positionKeys && queries.positions!.contentToPosition(query, keys.positionKeys),
    positionToContent: keys.positionToContent,
  };
}

/** The sum of the terms. [B, h, n, L] */
export function totalScore({ graph }: Context, terms: ScoreTerms): Value {
  const { contentToContent, contentToPosition, positionToContent } = terms;
  return [contentToPosition, positionToContent]
    .filter((term) => term !== null)
    .reduce((sum, term) => graph.node('Add', [sum, term]), contentToContent);
}

/** softmax over keys of the masked scores. [B, h, n, L] */
export async function probabilities(
  context: Context,
  layer: string,
  scores: Value,
  queries: Queries,
): Promise<Value> {
  const { graph, config } = context;
  const talking = config.attention.talkingHeads;
  const self = `${layer}.attention.self`;
  const mixed = talking ? await mixHeads(context, `${self}.head_logits_proj`, scores) : scores;
  const masked = hide(context, mixed, queries.mask());
  const weights = graph.node('Softmax', [masked], { axis: -1 });
  return talking ? mixHeads(context, `${self}.head_weights_proj`, weights) : weights;
}

/** probabilities · values, heads side by side. [B·n, H] */
export function weightedValues(
  { graph, config }: Context,
  weights: Value,
  { values }: Keys,
  { count }: Queries,
): Value {
  const attended = graph.node('MatMul', [weights, values()]);
  const byToken = count === 1 ? attended : graph.node('Transpose', [attended], { perm: [0, 2, 1, 3] });
  return graph.node('Reshape', [byToken, graph.ints([-1, config.hiddenSize])]);
}

async function keysOf(
  context: Context,
  layer: string,
  { positions }: Queries,
  keys: Value,
  values: () => Value,
): Promise<Keys> {
  const tables = await positionTables(context, layer);
  return {
    keys,
    values,
    positionToContent: tables.queries && positions!.positionToContent(keys, tables.queries),
    positionKeys: tables.keys,
  };
}

/** [B·n, parts·H] → one [B, h, n, d] per part */
function splitHeads(
  { graph, config }: Context,
  projected: Value,
  parts: number,
  batch: Value,
  count: Value | 1,
): (() => Value)[] {
  const heads = config.attentionHeads;
  const size = config.hiddenSize / heads;
  if (parts === 1 && count === 1) {
    return [() => graph.node('Reshape', [projected, graph.ints([-1, heads, 1, size])])];
  }
  const rows = count === 1 ? graph.ints([1]) : count;
  const shape = graph.node('Concat', [batch, rows, graph.ints([parts, heads, size])], { axis: 0 });
  const split = graph.node('Reshape', [projected, shape]);
  const byPart = graph.node('Transpose', [split], { perm: [2, 0, 3, 1, 4] });
  return Array.from({ length: parts }, (_, index) =>
    lazily(() => graph.node('Gather', [byPart, graph.ints([index], [])], { axis: 0 })),
  );
}

/** Talking heads: out[a'] = Σ_a W[a', a]·in[a]. [B, h, n, L] → the same */
async function mixHeads(context: Context, name: string, x: Value): Promise<Value> {
  const { graph, config } = context;
  const flat = graph.node('Reshape', [x, graph.ints([0, config.attentionHeads, -1])]);
  const mixed = graph.node('MatMul', [await parameter(context, `${name}.weight`), flat]);
  return graph.node('Reshape', [mixed, graph.node('Shape', [x])]);
}
