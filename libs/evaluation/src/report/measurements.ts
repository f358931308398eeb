import type { Accumulator } from '../metrics/accumulator.js';
import { allOnce, type Measure, type MetricValue, numberOrNull, type Weights } from '../metrics/metric.js';
import type { Slice } from '../metrics/slices.js';

export type MetricValues = Record<string, number | null>;
/** Lets others have their turn. */
export type GiveWay = () => Promise<void> | undefined;

/** The metrics of one accumulator, each made ready once. */
export class Measurements {
  readonly #values = new Map<string, MetricValue>();

  private constructor(
    private readonly evaluation: Accumulator,
    private readonly measures: ReadonlyMap<string, Measure>,
    private readonly giveWay: GiveWay,
  ) {}

  /** Making a metric of a million examples ready takes up to a second; others have their turn in between. */
  static async of(evaluation: Accumulator, giveWay: GiveWay): Promise<Measurements> {
    const measures = new Map<string, Measure>();
    for (const name of evaluation.metrics) {
      measures.set(name, evaluation.measure(name));
      await giveWay();
    }
    const made = new Measurements(evaluation, measures, giveWay);
    const once = allOnce(evaluation.size);
    for (const [name, measure] of measures) {
      made.#values.set(name, measure(once));
      await giveWay();
    }
    return made;
  }

  measure(metric: string): Measure {
    return this.measures.get(metric)!;
  }

  /** Over all examples, or those of a slice. */
  value(metric: string, slice?: Slice): MetricValue {
    if (!slice) return this.#values.get(metric)!;
    const { slices } = this.evaluation;
    const reason = slices.absence(slice);
    return reason === undefined ? this.measure(metric)(slices.weights(slice)) : { reason };
  }

  /** Of all examples. */
  get values(): MetricValues {
    return Object.fromEntries([...this.#values].map(([name, value]) => [name, numberOrNull(value)]));
  }

  get reasons(): Record<string, string> {
    const found = [...this.#values];
    return Object.fromEntries(
      found.flatMap(([name, value]) => (typeof value === 'number' ? [] : [[name, value.reason]])),
    );
  }

  async valuesOf(weights: Weights): Promise<MetricValues> {
    const values: MetricValues = {};
    for (const [name, measure] of this.measures) {
      values[name] = numberOrNull(measure(weights));
      await this.giveWay();
    }
    return values;
  }
}
