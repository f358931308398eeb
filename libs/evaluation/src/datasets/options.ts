import type { Task } from '@heddle/contracts';
import type { ProblemType } from '../metrics/metric.js';
import type { Mapping } from './formats/mapping.js';
import type { LabelNames } from './labels.js';

export interface CsvOptions {
  /** One character; by default a tab in a file whose name ends with `.tsv`, else a comma. */
  delimiter?: string;
  /** Whether the first record names the columns (the default); without, they are named `1`, `2` and so on. */
  header?: boolean;
  /** Whether `"` quotes (the default). */
  quote?: boolean;
}

export interface ConllOptions {
  /** From 1 on; the first by default. */
  tokenColumn?: number;
  /** From 1 on; the last by default. */
  tagColumn?: number;
}

export interface ReadOptions {
  /** What the examples are checked against; by default what the format is for, or what an item looks like. */
  task?: Task;
  /** What the model does: examples of text and zero-shot classification that it cannot be measured by are refused. */
  problemType?: ProblemType;
  /** How labels of the dataset are called by the model. */
  labels?: LabelNames;
  /** Which columns make an example: of CSV and parquet, and of JSONL that is not Heddle's own. */
  mapping?: Mapping;
  csv?: CsvOptions;
  conll?: ConllOptions;
  /** Ends the reading; its reason is thrown. */
  signal?: AbortSignal;
}
