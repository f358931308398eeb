/** A file of a dataset. `bytes` are read once, from the beginning to the end. */
export interface DatasetFile {
  /** With its folders where these tell what it is, as `qrels/test.tsv`. */
  name: string;
  bytes: AsyncIterable<Uint8Array>;
}

/** Where an entity stands in the text, in code points. */
export interface ExpectedEntity {
  entity_group: string;
  start: number;
  end: number;
}

/**
 * Grades of the documents of an item, 0 for one that is not relevant. `missing`: those of relevant documents that are not
 * among them, or how many there are of each grade. `ids`: what the documents are called.
 */
export interface ExpectedRanking {
  grades: number[];
  missing?: number[] | Record<string, number>;
  ids?: string[];
}

/**
 * What a model should answer, by task:
 * text-classification: a label, labels (multi-label, possibly none), or a value (regression);
 * zero-shot-classification: a label or labels; token-classification: entities;
 * question-answering: texts of which any is right, none where there is no answer;
 * multiple-choice: the index of the right choice, or of several of which any will do; fill-mask: the token of each mask;
 * rerank: the grade of each document, in their order, or `ExpectedRanking`;
 * score: a value.
 */
export type Expected = string | string[] | number | number[] | ExpectedEntity[] | ExpectedRanking;

export interface Example extends SourceExample {
  /**
   * Place among all examples of the dataset, from 0 on, those counted that its task or labels refuse: the same for
   * every model.
   */
  index: number;
}

/** An example as a reader of a format gives it. */
export interface SourceExample {
  /** An item of the task. */
  input: unknown;
  expected: Expected;
  /** Parts of the dataset that it belongs to, as `{ genre: 'fiction' }`; metrics may be told of each apart. */
  slice?: Record<string, string>;
  /** Examples that belong together have the same: answers to one question, responses to one prompt. */
  group?: string;
  /** Of its file, from 1 on; its number in the file where a format has no lines (SQuAD, parquet). */
  line: number;
}
