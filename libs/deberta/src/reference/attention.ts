import type { RelativeAttention } from '../config/model-config.js';
import { linear, type Matrix, matrix, row, softmax } from './matrix.js';
import type { ReferenceBatch, ReferenceModel } from './model.js';
import type { Tensors } from './tensors.js';

/** Projections of one layer: queries, keys and values [n, H], and of the relative embeddings [rows, H]. */
interface Projections {
  q: Matrix;
  k: Matrix;
  v: Matrix;
  positionKeys: Matrix | null;
  positionQueries: Matrix | null;
}

export interface AttentionInput {
  /** What asks, [n, H]: the tokens themselves, or the mask decoder's queries. */
  queries: Matrix;
  /** What answers, [n, H]. */
  tokens: Matrix;
  batch: ReferenceBatch;
  /** The whole table of relative embeddings [2·span, H], normalised where the model does; null without. */
  relative: Matrix | null;
}

/**
 * Disentangled self-attention as the paper defines it (eq. 4), one pair of tokens at a time:
 * A[i,j] = (q_i·k_j + q_i·PK[δ] + k_j·PQ[δ]) / sqrt(d·sf), δ the row of the distance i − j. [n, H]
 */
export async function attend(
  model: ReferenceModel,
  tensors: Tensors,
  layer: string,
  input: AttentionInput,
): Promise<Matrix> {
  const used = usedRows(model, input.batch);
  const projections = await project(model, tensors, `${layer}.attention.self`, input, used);
  const mixers = model.attention.talkingHeads ? await readMixers(tensors, layer) : null;
  const result = matrix(input.tokens.rows, model.hiddenSize);
  for (const range of input.batch.ranges) {
    attendWithin(model, projections, { range, positions: input.batch.positions, used, mixers }, result);
  }
  return result;
}

interface Within {
  /** Rows of the one sequence whose tokens attend to each other. */
  range: { from: number; to: number };
  positions: readonly number[];
  used: Map<number, number>;
  mixers: { scores: Float32Array; probabilities: Float32Array } | null;
}

/** Writes the rows of one sequence into `result`. */
function attendWithin(model: ReferenceModel, projections: Projections, within: Within, result: Matrix): void {
  const { range, mixers } = within;
  const heads = model.attentionHeads;
  const size = model.hiddenSize / heads;
  const n = range.to - range.from;
  let scores = Array.from({ length: heads }, (_, head) =>
    headScores(model, projections, within, head * size, size),
  );
  if (mixers) scores = mix(mixers.scores, scores);
  for (const score of scores) for (let i = 0; i < n; i++) softmax(row(score, i));
  if (mixers) scores = mix(mixers.probabilities, scores);
  for (const [head, score] of scores.entries()) {
    for (let i = 0; i < n; i++) {
      const target = row(result, range.from + i);
      for (let j = 0; j < n; j++) {
        const probability = score.data[i * n + j]!;
        const value = row(projections.v, range.from + j);
        for (let c = head * size; c < (head + 1) * size; c++) target[c]! += probability * value[c]!;
      }
    }
  }
}

/** Scores of one head, whose part of every vector begins at `from`. [n, n] */
function headScores(
  model: ReferenceModel,
  { q, k, positionKeys, positionQueries }: Projections,
  { range, positions, used }: Within,
  start: number,
  size: number,
): Matrix {
  const n = range.to - range.from;
  const scale = Math.sqrt(size * model.attention.scaleFactor);
  const scores = matrix(n, n);
  for (let i = 0; i < n; i++) {
    const query = row(q, range.from + i);
    for (let j = 0; j < n; j++) {
      const key = row(k, range.from + j);
      let sum = dot(query, key, start, size);
      if (model.attention.relative) {
        const distance = positions[range.from + i]! - positions[range.from + j]!;
        const at = used.get(rowOfDistance(distance, model.attention.relative))!;
        if (positionKeys) sum += dot(query, row(positionKeys, at), start, size);
        if (positionQueries) sum += dot(key, row(positionQueries, at), start, size);
      }
      scores.data[i * n + j] = sum / scale;
    }
  }
  return scores;
}

function dot(a: Float64Array, b: Float64Array, from: number, size: number): number {
  let sum = 0;
  for (let c = from; c < from + size; c++) sum += a[c]! * b[c]!;
  return sum;
}

/** Rows of the table that these sequences need, numbered as they are projected. */
function usedRows({ attention: { relative } }: ReferenceModel, { positions, ranges }: ReferenceBatch) {
  const used = new Map<number, number>();
  if (!relative) return used;
  for (const { from, to } of ranges) {
    for (const i of positions.slice(from, to)) {
      for (const j of positions.slice(from, to)) {
        const index = rowOfDistance(i - j, relative);
        if (!used.has(index)) used.set(index, used.size);
      }
    }
  }
  return used;
}

/**
 * Row of the table for a distance: logarithmic buckets, then shifted by the span and clamped
 * (microsoft/DeBERTa, make_log_bucket_position and DisentangledSelfAttention).
 */
function rowOfDistance(
  distance: number,
  { buckets, maxDistance, span }: Pick<RelativeAttention, 'buckets' | 'maxDistance' | 'span'>,
): number {
  let bucket = distance;
  if (buckets > 0) {
    const mid = Math.floor(buckets / 2);
    const magnitude = Math.abs(distance) < mid ? mid - 1 : Math.abs(distance);
    const logarithmic =
      Math.ceil((Math.log(magnitude / mid) / Math.log((maxDistance - 1) / mid)) * (mid - 1)) + mid;
    bucket = magnitude <= mid ? distance : logarithmic * Math.sign(distance);
  }
  return Math.min(2 * span - 1, Math.max(0, bucket + span));
}

async function project(
  model: ReferenceModel,
  tensors: Tensors,
  self: string,
  { queries, tokens, relative }: AttentionInput,
  used: Map<number, number>,
): Promise<Projections> {
  const terms = model.attention.relative;
  const table = matrix(used.size, model.hiddenSize);
  if (relative) for (const [index, at] of used) row(table, at).set(row(relative, index));
  if (model.family === 'deberta-v1') return projectFused(model, tensors, self, { queries, tokens, table });
  const [positionKey, positionQuery] = terms?.shareKey
    ? ['key_proj', 'query_proj']
    : ['pos_key_proj', 'pos_query_proj'];
  return {
    q: await tensors.linear(`${self}.query_proj`, queries),
    k: await tensors.linear(`${self}.key_proj`, tokens),
    v: await tensors.linear(`${self}.value_proj`, tokens),
    positionKeys: terms?.contentToPosition ? await tensors.linear(`${self}.${positionKey}`, table) : null,
    positionQueries: terms?.positionToContent
      ? await tensors.linear(`${self}.${positionQuery}`, table)
      : null,
  };
}

/** v1: rows of in_proj are query, key and value of one head after another; keys have no bias. */
async function projectFused(
  model: ReferenceModel,
  tensors: Tensors,
  self: string,
  { queries, tokens, table }: { queries: Matrix; tokens: Matrix; table: Matrix },
): Promise<Projections> {
  const terms = model.attention.relative;
  const size = model.hiddenSize / model.attentionHeads;
  const weight = await tensors.read(`${self}.in_proj.weight`);
  const part = (which: 0 | 1 | 2) => {
    const rows = new Float32Array(model.hiddenSize * model.hiddenSize);
    const perHead = size * model.hiddenSize;
    for (let head = 0; head < model.attentionHeads; head++) {
      const from = (head * 3 + which) * perHead;
      rows.set(weight.subarray(from, from + perHead), head * perHead);
    }
    return rows;
  };
  return {
    q: linear(queries, part(0), await tensors.read(`${self}.q_bias`)),
    k: linear(tokens, part(1), null),
    v: linear(tokens, part(2), await tensors.read(`${self}.v_bias`)),
    positionKeys: terms?.contentToPosition
      ? await tensors.linear(`${self}.pos_proj`, table, 'no bias')
      : null,
    positionQueries: terms?.positionToContent ? await tensors.linear(`${self}.pos_q_proj`, table) : null,
  };
}

async function readMixers(tensors: Tensors, layer: string): Promise<Within['mixers']> {
  const self = `${layer}.attention.self`;
  return {
    scores: await tensors.read(`${self}.head_logits_proj.weight`),
    probabilities: await tensors.read(`${self}.head_weights_proj.weight`),
  };
}

/** Heads mixed by a matrix [heads, heads]. */
function mix(weight: Float32Array, heads: Matrix[]): Matrix[] {
  return heads.map((own, to) => ({
    ...own,
    data: own.data.map((_, at) =>
      heads.reduce((sum, head, from) => sum + weight[to * heads.length + from]! * head.data[at]!, 0),
    ),
  }));
}
