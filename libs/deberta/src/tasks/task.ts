import type { VersionManifest } from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** What a task needs to know of the model version that answers it. */
export interface ServedModel {
  tokenizer: Tokenizer;
  labels: string[];
  problemType: VersionManifest['problemType'];
  maxTokens: number;
}

/** Logits of one sequence: [labels], or [length, labels] for heads that answer every token. */
export interface ForwardRow {
  logits: Float32Array;
  shape: number[];
}

/** One task: from a validated item to sequences, and from logits to its output. */
export interface TaskHandler<Item, Parameters, Output> {
  /** The sequences an item needs. Errors: `input-too-long`, `tokenizer-error`. */
  encode(item: Item, parameters: Parameters, model: ServedModel): Promise<Encoding[]>;
  /** `rows[i]` belongs to `encodings[i]`. */
  decode(
    item: Item,
    parameters: Parameters,
    encodings: Encoding[],
    rows: ForwardRow[],
    model: ServedModel,
  ): Output;
}
