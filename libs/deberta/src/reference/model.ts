import type { HeadPlan } from '../config/head.js';
import type { ModelConfig } from '../config/model-config.js';

/** What the formulas need to know of a model. */
export interface ReferenceModel extends Omit<ModelConfig, 'labels'>, Omit<HeadPlan, 'labels'> {}

/** The real tokens of one sequence; padding has no part in the formulas. */
export interface ReferenceSequence {
  ids: readonly number[];
  /** Place of each token in its sequence, ascending. */
  positions: readonly number[];
  /** Token types; read by models that have any. */
  typeIds: readonly number[];
  /** Tokens, by index, whose masked word is asked for; read by masked language models only. */
  asked: readonly number[];
}

/** Sequences one after another, so that every weight is read once for all of them. */
export interface ReferenceBatch extends ReferenceSequence {
  /** Rows of each sequence: [from, to). */
  ranges: readonly { from: number; to: number }[];
}

export function batchOf(sequences: readonly ReferenceSequence[]): ReferenceBatch {
  let rows = 0;
  const ranges = sequences.map(({ ids }) => {
    const from = rows;
    rows += ids.length;
    return { from, to: rows };
  });
  return {
    ranges,
    ids: sequences.flatMap(({ ids }) => ids),
    positions: sequences.flatMap(({ positions }) => positions),
    typeIds: sequences.flatMap(({ typeIds }) => typeIds),
    asked: sequences.flatMap(({ asked }, index) => asked.map((token) => ranges[index]!.from + token)),
  };
}
