import type { VersionManifest } from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** What a task needs to know of the model version that answers it. */
export interface ServedModel {
  tokenizer: Tokenizer;
  labels: string[];
  problemType: VersionManifest['problemType'];
  maxTokens: number;
  architecture: VersionManifest['architecture'];
  /** How a text's vector is made of its tokens' unless a caller says otherwise; null when the caller must. */
  pooling: NonNullable<VersionManifest['pooling']> | null;
}

/**
 * The graphs a version may have, over the same weights: `main` answers its head, `causal` the same with attention
 * to the left only, `attention` the scores of every layer with their terms apart.
 */
export type GraphName = 'main' | 'causal' | 'attention';

/** One sequence of a forward pass, and what is wanted of it. */
export interface Sequence {
  encoding: Encoding;
  graph: GraphName;
  /** Outputs of the graph. */
  outputs: readonly string[];
  /** Tokens to answer, for graphs that answer chosen tokens only (masked language models). */
  positions?: Int32Array;
  /** Bytes of its outputs, where they are so many that few such sequences may share a forward pass. */
  outputBytes?: number;
  /** Bytes of the item's answer as JSON, or its share of them, where they may be many. */
  answerBytes?: number;
  /** What `decode` needs of the outputs; the rest is given up as soon as they are there. */
  keep?: (row: ForwardRow) => ForwardRow;
}

/** One sequence's part of an output, padding cut off, row-major. */
export interface RowTensor {
  data: Float32Array;
  shape: number[];
}

/** Outputs of one sequence by name: `logits` [labels], or [length, labels] for heads that answer every token … */
export type ForwardRow = Readonly<Record<string, RowTensor>>;

const LOGITS = ['logits'];

/** The usual question: the logits of the main graph. */
export function logitsFor(encoding: Encoding): Sequence {
  return { encoding, graph: 'main', outputs: LOGITS };
}

/** One task: from a validated item to sequences, and from logits to its output. */
export interface TaskHandler<Item, Parameters, Output> {
  /** The sequences an item needs. Errors: `input-too-long`, `tokenizer-error`. */
  encode(item: Item, parameters: Parameters, model: ServedModel): Promise<Sequence[]>;
  /** `rows[i]` belongs to `sequences[i]`. */
  decode(
    item: Item,
    parameters: Parameters,
    sequences: Sequence[],
    rows: ForwardRow[],
    model: ServedModel,
  ): Output | Promise<Output>;
}
