import { ascending } from './ascending.js';
import { type ExampleColumn, NameColumn, numberColumn } from './columns.js';
import type { AccumulatorOptions, Details, Measure, Outcome, Scorer } from './metric.js';
import { isIndex, type Prediction, shown, unfit } from './prediction.js';
import { Slices } from './slices.js';
import { kindOf, metricsOf } from './tasks.js';
import { Vocabulary } from './vocabulary.js';

/** Examples of which the loss is kept for `worst`. */
const NO_LOSS = Number.NaN;

/**
 * Takes the examples of an evaluation one by one and keeps the few numbers of each that its metrics need: 30 to 100 bytes,
 * and for `average_precision` 20 more a label. Errors: `task-not-supported`; `validation` for a metric the task lacks.
 */
export function createAccumulator(options: AccumulatorOptions): Accumulator {
  const kind = kindOf(options.task, options.problemType);
  const metrics = metricsOf(kind, options.metrics);
  const groups = new NameColumn(new Vocabulary(['']));
  return new Accumulator(metrics, groups, kind.create({ ...options, metrics }, groups));
}

export class Accumulator {
  readonly #indices = numberColumn();
  readonly #losses = numberColumn();
  readonly slices = new Slices();
  #isSorted = true;

  constructor(
    readonly metrics: readonly string[],
    private readonly groups: NameColumn,
    private readonly scorer: Scorer,
  ) {}

  /** How many examples were added. */
  get size(): number {
    return this.#indices.length;
  }

  /** Error: `validation` for an example that its task does not have; it is not kept then. */
  add({ index, expected, predicted, group = '', slice = {} }: Prediction): Outcome {
    if (!isIndex(index)) throw unfit(`The place of an example is a whole number, not ${shown(index)}.`);
    this.slices.check(slice);
    const outcome = this.scorer.add(expected, predicted);
    this.#indices.push(index);
    this.#losses.push(outcome.loss ?? NO_LOSS);
    this.groups.push(group);
    this.slices.push(slice);
    this.#isSorted = false;
    return outcome;
  }

  /** Adds the examples of another accumulator with the same options; after an error neither is of use. */
  merge(other: Accumulator): void {
    const own = this.#columns();
    const others = other.#columns();
    if (this.metrics.join() !== other.metrics.join()) throw new Error('these measure different metrics');
    for (const [i, column] of own.entries()) column.append(others[i]!);
    this.#isSorted = false;
  }

  /** A metric as a function of weights, in the order of the dataset. */
  measure(metric: string): Measure {
    this.#sort();
    return this.scorer.measure(metric);
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

  /** Answers come in any order, but the bootstrap draws places: in the dataset's order, a seed draws the same ones. */
  #sort(): void {
    if (this.#isSorted) return;
    const isAscending = (index: number, i: number, all: Float64Array) => i === 0 || all[i - 1]! < index;
    if (!this.#indices.values.every(isAscending)) {
      const order = ascending(this.#indices.values);
      for (const column of this.#columns()) column.permute(order);
      const twice = this.#indices.values.find((index, i, all) => index === all[i + 1]);
      if (twice !== undefined) throw new Error(`example ${twice} was added twice`);
    }
    this.#isSorted = true;
  }

  #columns(): ExampleColumn[] {
    return [this.#indices, this.#losses, this.groups, this.slices, ...Object.values(this.scorer.columns)];
  }
}
