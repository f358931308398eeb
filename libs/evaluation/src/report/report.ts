import { setImmediate } from 'node:timers/promises';
import {
  evaluateGate,
  type Gate,
  type GateResult,
  HeddleError,
  type Interval,
  ruleOf,
} from '@heddle/contracts';
import type { Accumulator } from '../metrics/accumulator.js';
import {
  allOnce,
  type Details,
  type Measure,
  type MetricValue,
  numberOrNull,
  type Weights,
} from '../metrics/metric.js';
import type { Slice } from '../metrics/slices.js';
import { intervals } from './bootstrap.js';
import { checkGates, evidenceOf } from './gates.js';
import { type WorstExample, worstExamples } from './worst.js';

const MAX_RESAMPLES = 100_000;
const MAX_SEED = 2 ** 32 - 1;

export interface ReportOptions {
  /** Whole, 0…2^32 − 1; the same seed gives the same intervals. */
  seed: number;
  /** 0…100 000; 1000 unless told. 0 leaves intervals out. */
  resamples?: number;
  /** Another version's predictions of the same examples. */
  baseline?: Accumulator;
  gates?: readonly Gate[];
  signal?: AbortSignal;
}

export type MetricValues = Record<string, number | null>;

export interface Report extends Details {
  items: number;
  /** Null where the data do not define a metric; `undefined_metrics` says why. */
  metrics: MetricValues;
  undefined_metrics: Record<string, string>;
  /** 95 % bootstrap intervals. */
  confidence: Record<string, Interval>;
  bootstrap: { seed: number; resamples: number };
  baseline_metrics?: MetricValues;
  /** The version's value less the baseline's, and its interval by the paired bootstrap. */
  difference?: MetricValues;
  difference_confidence?: Record<string, Interval>;
  gates: GateResult[];
  /** Whether all gates are; true without gates. */
  passed: boolean;
  /** By field and value. */
  slices: Record<string, Record<string, SliceReport>>;
  /** Fields that have too many values to be slices. */
  omitted_slices: string[];
  worst: WorstExample[];
}

export interface SliceReport {
  items: number;
  metrics: MetricValues;
  baseline_metrics?: MetricValues;
}

/**
 * What an evaluation found. Errors: `validation` for a gate that cannot be held, a wrong seed or number of resamples, and
 * a baseline of other examples; the signal's reason.
 */
export async function reportOf(evaluation: Accumulator, options: ReportOptions): Promise<Report> {
  const { seed, resamples = 1000, baseline, gates = [], signal } = options;
  checkRange('seed', seed, MAX_SEED);
  checkRange('resamples', resamples, MAX_RESAMPLES);
  checkGates(gates, evaluation.metrics, { baseline: baseline !== undefined, resamples: resamples > 0 });
  if (baseline) checkPair(evaluation, baseline);

  const version = await measurementsOf(evaluation, signal);
  const other = baseline && (await measurementsOf(baseline, signal));
  const names = evaluation.metrics;
  const differences = other ? names.map((name) => difference(version.of(name), other.of(name))) : [];
  const judged = gates.filter((gate) => gate.slice !== undefined && ruleOf(gate) === 'max_drop');
  const statistics = [
    ...names.map((name) => version.of(name)),
    ...differences,
    ...judged.map(({ metric, slice }) =>
      within(evaluation.slices.weights(slice!), differences[names.indexOf(metric)]!),
    ),
  ];
  const found = await intervals(statistics, evaluation.units(), { seed, resamples, signal });
  const once = allOnce(evaluation.size);
  const intervalOf = (gate: Gate): Interval | null | undefined => {
    if (ruleOf(gate) !== 'max_drop') return undefined;
    if (!gate.slice) return found[names.length + names.indexOf(gate.metric)];
    return found[2 * names.length + judged.indexOf(gate)];
  };
  const results = gates.map((gate) => {
    const { metric, slice } = gate;
    const evidence = evidenceOf(
      version.measured(metric, slice),
      other?.measured(metric, slice),
      intervalOf(gate),
    );
    return evaluateGate(gate, evidence);
  });

  return {
    items: evaluation.size,
    metrics: version.values(once),
    undefined_metrics: version.reasons(once),
    confidence: named(names, found),
    bootstrap: { seed, resamples },
    ...(other && {
      baseline_metrics: other.values(once),
      difference: Object.fromEntries(names.map((name, i) => [name, numberOrNull(differences[i]!(once))])),
      difference_confidence: named(names, found.slice(names.length, 2 * names.length)),
    }),
    gates: results,
    passed: results.every(({ passed }) => passed),
    ...evaluation.details(),
    slices: slicesOf(evaluation, version, baseline && other && { baseline, other }),
    omitted_slices: evaluation.slices.omitted,
    worst: worstExamples(evaluation.indices(), evaluation.losses()),
  };
}

/** Making a metric of a million examples ready takes up to a second; others have their turn in between. */
async function measurementsOf(evaluation: Accumulator, signal?: AbortSignal): Promise<Measurements> {
  const measures = new Map<string, Measure>();
  for (const name of evaluation.metrics) {
    measures.set(name, evaluation.measure(name));
    await setImmediate();
    signal?.throwIfAborted();
  }
  return new Measurements(evaluation, measures);
}

/** The metrics of one accumulator, each made ready once. */
class Measurements {
  constructor(
    private readonly evaluation: Accumulator,
    private readonly measures: ReadonlyMap<string, Measure>,
  ) {}

  of(metric: string): Measure {
    return this.measures.get(metric)!;
  }

  measured(metric: string, slice: Slice | undefined): MetricValue {
    const { size, slices } = this.evaluation;
    return this.of(metric)(slice ? slices.weights(slice) : allOnce(size));
  }

  values(weights: Uint32Array): MetricValues {
    return Object.fromEntries(
      [...this.measures].map(([name, measure]) => [name, numberOrNull(measure(weights))]),
    );
  }

  reasons(weights: Uint32Array): Record<string, string> {
    const found = [...this.measures].map(([name, measure]) => [name, measure(weights)] as const);
    return Object.fromEntries(
      found.flatMap(([name, value]) => (typeof value === 'number' ? [] : [[name, value.reason]])),
    );
  }
}

function difference(version: Measure, baseline: Measure): Measure {
  return (weights): MetricValue => {
    const own = version(weights);
    if (typeof own !== 'number') return own;
    const other = baseline(weights);
    return typeof other === 'number' ? own - other : other;
  };
}

/** A measure of the examples of a slice alone. */
function within(slice: Weights, measure: Measure): Measure {
  const masked = new Uint32Array(slice.length);
  return (weights) => {
    for (let i = 0; i < masked.length; i++) masked[i] = weights[i]! * slice[i]!;
    return measure(masked);
  };
}

function slicesOf(
  evaluation: Accumulator,
  version: Measurements,
  pair?: { baseline: Accumulator; other: Measurements },
): Report['slices'] {
  const byField = new Map<string, [string, SliceReport][]>();
  for (const slice of evaluation.slices.list()) {
    const weights = evaluation.slices.weights(slice);
    const items = weights.reduce((sum, weight) => sum + weight, 0);
    const reports = byField.get(slice.field) ?? [];
    byField.set(slice.field, reports);
    reports.push([
      slice.value,
      {
        items,
        metrics: version.values(weights),
        ...(pair && { baseline_metrics: pair.other.values(pair.baseline.slices.weights(slice)) }),
      },
    ]);
  }
  return Object.fromEntries([...byField].map(([field, reports]) => [field, Object.fromEntries(reports)]));
}

function named(names: readonly string[], found: readonly (Interval | null)[]): Record<string, Interval> {
  return Object.fromEntries(names.flatMap((name, i) => (found[i] ? [[name, found[i]]] : [])));
}

function checkPair(evaluation: Accumulator, baseline: Accumulator): void {
  const missing = evaluation.metrics.find((metric) => !baseline.metrics.includes(metric));
  if (missing) throw new HeddleError('validation', `The baseline is not measured by "${missing}".`);
  const isSame = (own: ArrayLike<number>, others: ArrayLike<number>) =>
    own.length === others.length && Array.prototype.every.call(own, (value, i) => value === others[i]);
  const hasSamePlaces = isSame(evaluation.indices(), baseline.indices());
  if (hasSamePlaces && isSame(evaluation.units().unitOf, baseline.units().unitOf)) return;
  throw new HeddleError(
    'validation',
    'The baseline has predictions of other examples: both need the same, less those that either failed at.',
  );
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new HeddleError('validation', `${name} is a whole number from 0 to ${max}, not ${value}.`);
}
