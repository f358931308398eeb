import type { Value } from '@heddle/onnx';
import type { Context } from './context.js';
import type { Sequence } from './embeddings.js';
import { type Projection, projectTable } from './position-tables.js';
import type { PositionTerms } from './positions.js';

/** The relative positions of a model: its table [2·span, H] and what turns a layer's tables into scores. */
export interface Relative {
  table: Float64Array;
  terms: PositionTerms;
}

/**
 * Disentangled self-attention of every token (DeBERTa paper §3.1; transformers DisentangledSelfAttention), up
 * to the output projection. The scale is folded into the query weights and the position-to-content table.
 * [B·L, H] → [B·L, H]
 */
export async function attendAll(
  context: Context,
  layer: string,
  sequence: Sequence,
  relative: Relative | null,
): Promise<Value> {
  const { graph } = context;
  const [q, k, v] = await splitHeads(context, layer, sequence, ['query', 'key', 'value']);
  const scores = [contentScores(context, q!, k!)];
  if (relative) {
    const { keyTable, queryTable } = await positionTables(context, layer, relative);
    if (keyTable) scores.push(relative.terms.contentToPosition(q!, keyTable));
    if (queryTable) scores.push(relative.terms.positionToContent(k!, queryTable));
  }
  const attended = attend(context, [...scores, sequence.keyMask], v!);
  const byToken = graph.node('Transpose', [attended], { perm: [0, 2, 1, 3] });
  return joinHeads(context, byToken);
}

/**
 * The same for the first token of each sequence alone, which is all that a sequence classifier reads of the
 * last layer. `first` [B, H] are those tokens. [B·L, H] → [B, H]
 */
export async function attendFirst(
  context: Context,
  layer: string,
  sequence: Sequence,
  relative: Relative | null,
  first: Value,
): Promise<Value> {
  const { graph, config } = context;
  const headSize = config.hiddenSize / config.attentionHeads;
  const query = await fusedProjection(context, layer, first, ['query']);
  const q = graph.node('Reshape', [query, graph.ints([-1, config.attentionHeads, 1, headSize])]);
  const [k, v] = await splitHeads(context, layer, sequence, ['key', 'value']);
  const scores = [contentScores(context, q, k!)];
  if (relative) {
    const { keyTable, queryTable } = await positionTables(context, layer, relative);
    if (keyTable) scores.push(relative.terms.contentToPositionOfFirst(q, keyTable));
    if (queryTable) scores.push(relative.terms.positionToContentOfFirst(k!, queryTable));
  }
  return joinHeads(context, attend(context, [...scores, sequence.keyMask], v!));
}

type Part = 'query' | 'key' | 'value';

/** x [n, H] → [n, parts·H] in one product; the query part divided by the scale. */
async function fusedProjection(context: Context, layer: string, x: Value, parts: Part[]): Promise<Value> {
  const { graph, weights, store, config } = context;
  const hidden = config.hiddenSize;
  const weight = new Float32Array(parts.length * hidden * hidden);
  const bias = new Float32Array(parts.length * hidden);
  for (const [index, part] of parts.entries()) {
    const name = `${layer}.attention.self.${part}_proj`;
    const divisor = part === 'query' ? scale(context) : 1;
    const divide = (value: number) => value / divisor;
    weight.set((await weights.read(`${name}.weight`)).map(divide), index * hidden * hidden);
    bias.set((await weights.read(`${name}.bias`)).map(divide), index * hidden);
  }
  const name = `${layer}.attention.self.${parts.join('_')}`;
  return graph.node(
    'Gemm',
    [
      x,
      await store(`${name}.weight`, [parts.length * hidden, hidden], weight),
      await store(`${name}.bias`, [parts.length * hidden], bias),
    ],
    { transB: 1 },
  );
}

/** One [B, h, L, d] per part. */
async function splitHeads(
  context: Context,
  layer: string,
  { batch, length, hidden }: Sequence,
  parts: Part[],
): Promise<Value[]> {
  const { graph, config } = context;
  const heads = config.attentionHeads;
  const projected = await fusedProjection(context, layer, hidden, parts);
  const perHead = graph.ints([parts.length, heads, config.hiddenSize / heads]);
  const shape = graph.node('Concat', [batch, length, perHead], { axis: 0 });
  const split = graph.node('Reshape', [projected, shape]);
  const byPart = graph.node('Transpose', [split], { perm: [2, 0, 3, 1, 4] });
  return parts.map((_, index) => graph.node('Gather', [byPart, graph.ints([index], [])], { axis: 0 }));
}

/** q [B, h, n, d] · k [B, h, L, d]ᵀ → [B, h, n, L] */
function contentScores({ graph }: Context, q: Value, k: Value): Value {
  return graph.node('MatMul', [q, graph.node('Transpose', [k], { perm: [0, 1, 3, 2] })]);
}

/** softmax(sum of the terms) · v. [B, h, n, L] → [B, h, n, d] */
function attend({ graph }: Context, terms: Value[], v: Value): Value {
  const scores = terms.reduce((sum, term) => graph.node('Add', [sum, term]));
  return graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), v]);
}

function joinHeads({ graph, config }: Context, x: Value): Value {
  return graph.node('Reshape', [x, graph.ints([-1, config.hiddenSize])]);
}

/** The layer's projected tables [h, 2·span, d]; only of the terms the model has. */
async function positionTables(context: Context, layer: string, { table }: Relative) {
  const { contentToPosition, positionToContent, shareKey } = context.config.attention.relative!;
  const self = `${layer}.attention.self`;
  const [key, query] = shareKey ? ['key_proj', 'query_proj'] : ['pos_key_proj', 'pos_query_proj'];
  const project = async (name: string, divisor: number, as: string) => {
    const { weights, store, config } = context;
    const projection: Projection = {
      weight: await weights.read(`${self}.${name}.weight`),
      bias: await weights.read(`${self}.${name}.bias`),
      divisor,
      heads: config.attentionHeads,
    };
    const dims = [
      config.attentionHeads,
      table.length / config.hiddenSize,
      config.hiddenSize / config.attentionHeads,
    ];
    return store(`${self}.${as}`, dims, projectTable(table, projection));
  };
  return {
    keyTable: contentToPosition ? await project(key!, 1, 'position_keys') : null,
    queryTable: positionToContent ? await project(query!, scale(context), 'position_queries') : null,
  };
}

/** Every score is divided by sqrt(d · scaleFactor). */
function scale({ config: { hiddenSize, attentionHeads, attention } }: Context): number {
  return Math.sqrt((hiddenSize / attentionHeads) * attention.scaleFactor);
}
