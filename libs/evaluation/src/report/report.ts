import {
  evaluateGate,
  type Gate,
  type GateResult,
  HeddleError,
  type Interval,
  incompleteness,
  MIN_COVERAGE,
  ruleOf,
} from '@heddle/contracts';
import type { Accumulator } from '../metrics/accumulator.js';
import { allOnce, type Details, type MetricValue, numberOrNull, type Weights } from '../metrics/metric.js';
import type { Slice } from '../metrics/slices.js';
import { turns } from '../turns.js';
import { intervals, type Statistic } from './bootstrap.js';
import { checkGates, evidenceOf } from './gates.js';
import { type GiveWay, Measurements, type MetricValues } from './measurements.js';
import { type Pair, pairOf } from './pairs.js';
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
  /** Share of the examples that must have been answered for a gate to be passed, 0…1; 0.99 unless told. */
  minCoverage?: number;
  /** Examples that did not fit the task, and were not asked: they count as not answered. 0 unless told. */
  invalid?: number;
  signal?: AbortSignal;
}

export interface Report extends Details {
  /** Examples that were answered; all numbers are of them. */
  items: number;
  /** Examples that were not. */
  failed: number;
  /** `items` ÷ all, with those that did not fit; 0 where there are none. */
  coverage: number;
  min_coverage: number;
  /** Null where the data do not define a metric; `undefined_metrics` says why. */
  metrics: MetricValues;
  undefined_metrics: Record<string, string>;
  /** 95 % bootstrap intervals. */
  confidence: Record<string, Interval>;
  bootstrap: { seed: number; resamples: number };
  baseline_metrics?: MetricValues;
  baseline_undefined_metrics?: Record<string, string>;
  /** Examples that both answered: the difference is of them. */
  compared_items?: number;
  /** The version's value less the baseline's, and its interval by the paired bootstrap. */
  difference?: MetricValues;
  difference_confidence?: Record<string, Interval>;
  gates: GateResult[];
  /** Whether all gates are; true without gates, and false without items. */
  passed: boolean;
  /** By field and value. */
  slices: Record<string, Record<string, SliceReport>>;
  /** Fields that have too many values to be slices. */
  omitted_slices: string[];
  worst: WorstExample[];
}

export interface SliceReport {
  items: number;
  /** Examples without an answer, which are not among `items`. */
  failed: number;
  /** Those that both answered; of a report with a baseline. */
  compared_items?: number;
  metrics: MetricValues;
  baseline_metrics?: MetricValues;
}

/** The version that a report is held against. */
interface Baseline {
  evaluation: Accumulator;
  found: Measurements;
  pair: Pair;
}

/**
 * What an evaluation found. Gives way to others in between. Errors: `validation` for a gate that cannot be held, a wrong
 * number among the options, and a baseline of other examples; the signal's reason.
 */
export async function reportOf(evaluation: Accumulator, options: ReportOptions): Promise<Report> {
  const { seed, resamples = 1000, gates = [], minCoverage = MIN_COVERAGE, invalid = 0, signal } = options;
  checkRange('seed', seed, MAX_SEED);
  checkRange('resamples', resamples, MAX_RESAMPLES);
  if (!(minCoverage >= 0 && minCoverage <= 1))
    throw new HeddleError('validation', `minCoverage is a number from 0 to 1, not ${minCoverage}.`);
  checkGates(gates, evaluation.metrics, options.baseline !== undefined, resamples > 0);
  const giveWay = turns(signal);
  const baseline = options.baseline && {
    evaluation: options.baseline,
    pair: pairOf(evaluation, options.baseline),
    found: await Measurements.of(options.baseline, giveWay),
  };
  const version = await Measurements.of(evaluation, giveWay);

  const names = evaluation.metrics;
  const differences = baseline ? names.map((name, i) => difference(name, i, version, baseline)) : [];
  const judged = gates.filter((gate) => gate.slice !== undefined && ruleOf(gate) === 'max_drop');
  const statistics: Statistic[] = [
    ...names.map((name): Statistic => version.measure(name)),
    ...differences,
    ...(baseline ? judged.map((gate) => sliceDifference(gate, evaluation, version, baseline)) : []),
  ];
  const found = await intervals(statistics, evaluation.units(), { seed, resamples, signal });
  const intervalOf = (gate: Gate): Interval | null | undefined => {
    if (ruleOf(gate) !== 'max_drop') return undefined;
    if (!gate.slice) return found[names.length + names.indexOf(gate.metric)];
    return found[2 * names.length + judged.indexOf(gate)];
  };

  const { size: items, failed } = evaluation;
  const all = items + failed + invalid;
  const answered = { items, failed, coverage: all === 0 ? 0 : items / all, min_coverage: minCoverage };
  const results = gates.map((gate) => {
    const { metric, slice } = gate;
    const [own, other] = [version, baseline?.found].map((one) => one?.value(metric, slice));
    const asked = slice
      ? { items: itemsIn(evaluation, slice), failed: evaluation.failedIn(slice), min_coverage: minCoverage }
      : answered;
    const isCompared = ruleOf(gate) === 'max_drop' && baseline !== undefined;
    const compared = isCompared ? baseline.pair.size : undefined;
    const comparedThere = isCompared && slice ? comparedIn(evaluation, baseline, slice) : compared;
    return evaluateGate(gate, {
      ...evidenceOf(own!, other, intervalOf(gate)),
      ...incompleteness({ ...answered, invalid }, compared),
      ...incompleteness(asked, comparedThere),
    });
  });
  const once = allOnce(items);
  await giveWay();

  return {
    ...answered,
    metrics: version.values,
    undefined_metrics: version.reasons,
    confidence: named(names, found),
    bootstrap: { seed, resamples },
    ...(baseline && {
      baseline_metrics: baseline.found.values,
      baseline_undefined_metrics: baseline.found.reasons,
      compared_items: baseline.pair.size,
      difference: Object.fromEntries(
        names.map((name, i) => [
          name,
          numberOrNull(
            differences[i]!(
              once,
              names.map((one) => version.value(one)),
            ),
          ),
        ]),
      ),
      difference_confidence: named(names, found.slice(names.length, 2 * names.length)),
    }),
    gates: results,
    passed: items > 0 && results.every(({ passed }) => passed),
    ...evaluation.details(),
    slices: await slicesOf(evaluation, version, baseline, giveWay),
    omitted_slices: evaluation.slices.omitted,
    worst: worstExamples(evaluation.indices(), evaluation.losses()),
  };
}

/** Of the metric at place `i`, over the examples that both answered. */
function difference(metric: string, i: number, version: Measurements, { found, pair }: Baseline): Statistic {
  const [own, other] = [version.measure(metric), found.measure(metric)];
  return (weights, before) => {
    const common = pair.common(weights);
    return less(pair.isComplete ? before[i]! : own(common.own), () => other(common.other));
  };
}

function sliceDifference(
  { metric, slice }: Gate,
  evaluation: Accumulator,
  version: Measurements,
  { found, pair }: Baseline,
): Statistic {
  const [own, other] = [version.measure(metric), found.measure(metric)];
  const within = evaluation.slices.weights(slice!);
  const masked = new Uint32Array(within.length);
  return (weights) => {
    for (let i = 0; i < masked.length; i++) masked[i] = weights[i]! * within[i]!;
    const common = pair.common(masked);
    return less(own(common.own), () => other(common.other));
  };
}

function less(value: MetricValue, other: () => MetricValue): MetricValue {
  if (typeof value !== 'number') return value;
  const subtracted = other();
  return typeof subtracted === 'number' ? value - subtracted : subtracted;
}

async function slicesOf(
  evaluation: Accumulator,
  version: Measurements,
  baseline: Baseline | undefined,
  giveWay: GiveWay,
): Promise<Report['slices']> {
  const byField = new Map<string, [string, SliceReport][]>();
  for (const slice of evaluation.slices.list()) {
    const weights = evaluation.slices.weights(slice);
    const reports = byField.get(slice.field) ?? [];
    byField.set(slice.field, reports);
    const others = baseline?.evaluation.slices.weights(slice);
    const report = {
      items: itemsIn(evaluation, slice),
      failed: evaluation.failedIn(slice),
      ...(baseline && { compared_items: comparedIn(evaluation, baseline, slice) }),
      metrics: await version.valuesOf(weights),
      ...(baseline && others && { baseline_metrics: await baseline.found.valuesOf(others) }),
    };
    reports.push([slice.value, report]);
    await giveWay();
  }
  return Object.fromEntries([...byField].map(([field, reports]) => [field, Object.fromEntries(reports)]));
}

function itemsIn({ slices }: Accumulator, slice: Slice): number {
  return sumOf(slices.weights(slice));
}

/** Examples of a slice that both answered. */
function comparedIn({ slices }: Accumulator, { pair }: Baseline, slice: Slice): number {
  return sumOf(pair.common(slices.weights(slice)).own);
}

function sumOf(weights: Weights): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

function named(names: readonly string[], found: readonly (Interval | null)[]): Record<string, Interval> {
  return Object.fromEntries(names.flatMap((name, i) => (found[i] ? [[name, found[i]]] : [])));
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new HeddleError('validation', `${name} is a whole number from 0 to ${max}, not ${value}.`);
}
