import { ascending } from './ascending.js';
import { countColumn, type ExampleColumn, NameColumn, numberColumn, sortNames } from './columns.js';
import { fingerprint } from './fingerprint.js';
import { IndexSet } from './index-set.js';
import {
  type AccumulatorOptions,
  type Details,
  finite,
  type Measure,
  type Outcome,
  type Scorer,
} from './metric.js';
import { isIndex, type Prediction, shown, unfit } from './prediction.js';
import { type Slice, Slices, sliceKey } from './slices.js';
import { kindOf, metricsOf } from './tasks.js';
import { Vocabulary } from './vocabulary.js';

/** Examples of which the loss is kept for `worst`. */
const NO_LOSS = Number.NaN;

/**
 * Takes the examples of an evaluation one by one and keeps the few numbers of each that its metrics need: 30 to 100 bytes,
 * and for `average_precision` 20 more a label, of 20 million at most. Errors: `task-not-supported`; `validation` for a metric the task lacks.
 */
export function createAccumulator(options: AccumulatorOptions): Accumulator {
  const kind = kindOf(options.task, options.problemType);
  const metrics = metricsOf(kind, options.metrics);
  const groups = new NameColumn(new Vocabulary(['']));
  const { task, problemType, labels, positiveLabel, squad, threshold, maxScores } = options;
  const key = JSON.stringify([
    task,
    problemType,
    metrics,
    labels,
    positiveLabel,
    squad,
    threshold,
    maxScores,
  ]);
  return new Accumulator(metrics, groups, kind.create({ ...options, metrics }, groups), key);
}

export class Accumulator {
  readonly #indices = numberColumn();
  readonly #losses = numberColumn();
  readonly #fingerprints = countColumn();
  /** Of those added and those that failed. */
  readonly #seen = new IndexSet();
  /** By slice, those that failed. */
  readonly #failedBySlice = new Map<string, number>();
  readonly slices = new Slices();
  #isSorted = true;

  /** `key`: the same for the same options. */
  constructor(
    readonly metrics: readonly string[],
    private readonly groups: NameColumn,
    private readonly scorer: Scorer,
    private readonly key: string,
  ) {}

  /** How many examples were added. */
  get size(): number {
    return this.#indices.length;
  }

  /** How many examples have no answer. */
  get failed(): number {
    return this.#seen.size - this.size;
  }

  /** Whether an example was added, or has failed. */
  has(index: number): boolean {
    return this.#seen.has(index);
  }

  /** Error: `validation` for an example that its task does not have, or that came before; it is not kept then. */
  add({ index, expected, predicted, group = '', slice = {} }: Prediction): Outcome {
    this.#checkIndex(index);
    this.slices.check(slice);
    const { correct, loss } = this.scorer.add(expected, predicted);
    this.#seen.add(index);
    this.#indices.push(index);
    this.#losses.push(loss ?? NO_LOSS);
    this.#fingerprints.push(fingerprint([expected, group, slice]));
    this.groups.push(group);
    this.slices.push(slice);
    this.#isSorted = false;
    return { correct, loss: Number.isFinite(loss) ? loss : null };
  }

  /** An example that the model did not answer; metrics are of the others. Error: `validation` where it came before. */
  fail(index: number, slice: Readonly<Record<string, string>> = {}): void {
    this.#checkIndex(index);
    this.#seen.add(index);
    for (const [field, value] of Object.entries(slice)) this.#countFailed(sliceKey({ field, value }), 1);
  }

  /** How many examples of a slice have no answer. */
  failedIn(slice: Slice): number {
    return this.#failedBySlice.get(sliceKey(slice)) ?? 0;
  }

  /**
   * Adds the examples of another accumulator with the same options. Errors: `validation` for an example that both have, and
   * nothing is added; for too many labels or fields, and then neither is of use.
   */
  merge(other: Accumulator): void {
    if (this.key !== other.key) throw new Error('these were made with different options');
    const twice = this.#seen.common(other.#seen);
    if (twice !== undefined) throw unfit(`Example ${twice} was added twice.`);
    const others = other.#columns();
    for (const [i, column] of this.#columns().entries()) column.append(others[i]!);
    this.#seen.addAll(other.#seen);
    for (const [key, count] of other.#failedBySlice) this.#countFailed(key, count);
    this.#isSorted = false;
  }

  /** Whether both were asked the same examples, answered or not. */
  hasSameExamples(other: Accumulator): boolean {
    return this.#seen.equals(other.#seen);
  }

  /** A metric as a function of weights, in the order of the dataset. */
  measure(metric: string): Measure {
    this.#sort();
    return finite(this.scorer.measure(metric));
  }

  details(): Details {
    this.#sort();
    return this.scorer.details();
  }

  /** Places in the dataset, ascending: whatever is told of examples is in this order. */
  indices(): Float64Array {
    this.#sort();
    return this.#indices.values;
  }

  /** 32 bits of what is expected of each example, its group and slices. */
  fingerprints(): Uint32Array {
    this.#sort();
    return this.#fingerprints.values;
  }

  /** Loss of each example, NaN where there is none. */
  losses(): Float64Array {
    this.#sort();
    return this.#losses.values;
  }

  /** The unit that each example is resampled with: its group, or itself. Numbered from 0 as they come. */
  units(): { unitOf: Uint32Array; count: number } {
    this.#sort();
    const groups = this.groups.values;
    const units = new Uint32Array(this.groups.vocabulary.names.length);
    const unitOf = new Uint32Array(groups.length);
    let count = 0;
    groups.forEach((group, i) => {
      if (group === 0) unitOf[i] = count++;
      else {
        units[group] ||= ++count;
        unitOf[i] = units[group] - 1;
      }
    });
    return { unitOf, count };
  }

  /** Answers come in any order; in that of the dataset, and of names, a seed draws the same ones and sums are the same. */
  #sort(): void {
    if (this.#isSorted) return;
    const isAscending = (index: number, i: number, all: Float64Array) => i === 0 || all[i - 1]! < index;
    if (!this.#indices.values.every(isAscending)) {
      const order = ascending(this.#indices.values);
      for (const column of this.#columns()) column.permute(order);
    }
    sortNames(this.#columns());
    this.#isSorted = true;
  }

  #columns(): ExampleColumn[] {
    const own = [this.#indices, this.#losses, this.#fingerprints, this.groups, this.slices];
    return [...own, ...Object.values(this.scorer.columns)];
  }

  #countFailed(key: string, count: number): void {
    this.#failedBySlice.set(key, (this.#failedBySlice.get(key) ?? 0) + count);
  }

  #checkIndex(index: number): void {
    if (!isIndex(index)) throw unfit(`The place of an example is a whole number, not ${shown(index)}.`);
    if (this.#seen.has(index)) throw unfit(`Example ${index} was added already.`);
  }
}
