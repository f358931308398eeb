import type { Task, TaskOutput } from '@heddle/contracts';
import type { ExampleColumn, NameColumn } from './columns.js';

/** How often each example counts: 1 each for the whole dataset, 0 or 1 for a slice, 0, 1, 2 … for a resample. */
export type Weights = Uint32Array;

/** A metric's value, or why the data do not define it. Never NaN. */
export type MetricValue = number | { reason: string };

/** Computes a metric over weighted examples. */
export type Measure = (weights: Weights) => MetricValue;

/** What can be said of one prediction: null where the task does not define it. Loss ≥ 0, 0 is best. */
export interface Outcome {
  correct: boolean | null;
  loss: number | null;
}

export type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

export interface AccumulatorOptions {
  task: Task;
  /** Of text and zero-shot classification; single-label unless told. */
  problemType?: ProblemType;
  /** The task's defaults unless told. */
  metrics?: readonly string[];
  /** All labels of the model: an expected label that is not one of them is an error. Unless told any is taken. */
  labels?: readonly string[];
  /** The label whose precision and recall `f1` of a single-label classification is of. */
  positiveLabel?: string;
  /** Which of SQuAD's official scripts `exact_match` and `f1` follow; 2 unless told. */
  squad?: 1 | 2;
  /** From which score on a label is selected where the output does not say; 0.5 unless told. */
  threshold?: number;
  /** Examples times labels for which `average_precision` is computed; 20 million unless told. */
  maxScores?: number;
}

/** How the examples of one kind of task are kept, and what is computed of them. */
export interface Scorer {
  /** One entry an example each. */
  readonly columns: Readonly<Record<string, ExampleColumn>>;
  /** Keeps an example. Error: `validation`, and then nothing of the example is kept. */
  add(expected: unknown, predicted: TaskOutput): Outcome;
  /** What does not depend on weights is computed here, once. */
  measure(metric: string): Measure;
  details(): Details;
}

export interface Kind {
  readonly defaults: readonly string[];
  /** `@k` stands for any cutoff. */
  readonly allowed: readonly string[];
  /** `groups`: the group of each example, '' for none. */
  create(options: AccumulatorOptions & { metrics: readonly string[] }, groups: NameColumn): Scorer;
}

/** What a report says beside the metrics. */
export interface Details {
  confusion?: Confusion;
  /** The curve that `ece` sums up, by confidence in the predicted label. */
  reliability?: ReliabilityBin[];
  /** By label, or by type of entity: those with the most examples. */
  per_label?: LabelQuality[];
  /** `null_score` above which saying that there is no answer gives `best_exact` and `best_f1`. */
  thresholds?: Record<string, number>;
}

/** `counts[i][j]`: how many examples of label i were predicted as label j. A null label stands for all others. */
export interface Confusion {
  labels: (string | null)[];
  counts: number[][];
}

/** Predictions with `from` < confidence ≤ `to`; null where there are none. */
export interface ReliabilityBin {
  from: number;
  to: number;
  count: number;
  confidence: number | null;
  accuracy: number | null;
}

/** `support`: how many were expected; null where nothing defines a number. */
export interface LabelQuality {
  label: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  support: number;
}

export const NO_EXAMPLES: MetricValue = { reason: 'there are no examples' };

const TOO_LARGE: MetricValue = { reason: 'the values are beyond what float64 can add up' };

/** A measure that says so where its value is not finite. */
export function finite(measure: Measure): Measure {
  return (weights) => {
    const value = measure(weights);
    return typeof value !== 'number' || Number.isFinite(value) ? value : TOO_LARGE;
  };
}

/** Every example once. */
export function allOnce(length: number): Weights {
  return new Uint32Array(length).fill(1);
}

export function numberOrNull(measured: MetricValue): number | null {
  return typeof measured === 'number' ? measured : null;
}
