import { HeddleError, type TaskOutput } from '@heddle/contracts';

/**
 * What a dataset expects of an item, by task:
 * - text and zero-shot classification: a label, labels (multi-label), or a number (regression)
 * - token classification: entities
 * - question answering: the right answers, any of them; none says that the context holds no answer
 * - multiple choice: the index of the right choice, or of several of which any will do
 * - rerank: a grade for each document, in the item's order, or a `JudgedDocuments`
 * - score: a number; within a group of examples the higher one should score higher
 * - fill-mask: the token of each mask
 */
export type Reference =
  | string
  | readonly string[]
  | number
  | readonly number[]
  | readonly ReferenceEntity[]
  | JudgedDocuments;

/** `[start, end)` in the unit of the offsets that were asked for, as in the output. */
export interface ReferenceEntity {
  entity_group: string;
  start: number;
  end: number;
}

/**
 * `grades`: relevance of each document of the item, ≤ 0 = not relevant. `missing`: grades of relevant documents that are
 * not among the item's, which the best possible ranking holds, or how many there are of each grade. `ids`: names of the documents, which decide between equal
 * scores.
 */
export interface JudgedDocuments {
  grades: readonly number[];
  missing?: readonly number[] | Readonly<Record<string, number>>;
  ids?: readonly string[];
}

/** What was predicted for one example of a dataset. */
export interface Prediction {
  /** Place in the dataset; each is added once, in any order. */
  index: number;
  expected: Reference;
  predicted: TaskOutput;
  /** Examples that belong together: answers to one question, responses to one prompt. Resampled as one. */
  group?: string;
  /** Fields whose values are reported apart, as `{ level: 'high' }`. */
  slice?: Readonly<Record<string, string>>;
}

/** `validation` for an expectation or a prediction that its task does not have. */
export function unfit(message: string): HeddleError {
  return new HeddleError('validation', message);
}

/** For messages: a value as JSON, cut to 80 characters. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 79)}…` : json;
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isListOf<T>(value: unknown, is: (entry: unknown) => entry is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

export const isString = (value: unknown): value is string => typeof value === 'string';
export const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
