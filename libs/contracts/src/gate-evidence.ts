import { type Gate, type GateResult, isLowerBetter, ruleOf } from './gates.js';

/** Lower and upper bound. */
export type Interval = [number, number];

/** What an evaluation knows of the metric of a gate, over the gate's examples. */
export interface Evidence {
  actual: number | null;
  /** The same of the version that it was compared with. */
  baseline: number | null;
  /** 95 % interval of `actual` less `baseline` by the paired bootstrap. */
  difference: Interval | null;
  /** Why one of them is null. */
  reason?: string | undefined;
  /** Why no gate is met, whatever the numbers are. */
  incomplete?: string | undefined;
}

/** Share of the examples that must have been answered for a gate to be met: those that were not may be the hard ones. */
export const MIN_COVERAGE = 0.99;

/**
 * How many examples were answered and were not, those that did not fit the task and were not asked, and the share of all that must be
 * answered.
 */
export interface Answered {
  items: number;
  failed: number;
  invalid?: number;
  min_coverage: number;
}

/** What evaluations say of slices and metrics, as far as gates ask. */
export interface Findings extends Partial<Answered> {
  /** Public id of the version that it was compared with. */
  baseline?: string | null;
  /** Examples that both answered; null without a baseline. */
  compared_items?: number | null;
  metrics: Readonly<Record<string, number | null>>;
  undefined_metrics?: Readonly<Record<string, string>>;
  baseline_metrics?: Readonly<Record<string, number | null>> | null;
  difference_confidence?: Readonly<Record<string, Interval>> | null;
  slices?: Readonly<Record<string, Readonly<Record<string, SliceFindings>>>>;
  /** Intervals of differences within slices are those of the gates that the evaluation was asked for. */
  gates?: readonly GateResult[];
}
export interface SliceFindings {
  items?: number;
  failed?: number;
  /** Examples that both answered; absent without a baseline. */
  compared_items?: number;
  metrics: Readonly<Record<string, number | null>>;
  baseline_metrics?: Readonly<Record<string, number | null>>;
}

/** 0.8 − 0.1 is more than 0.7 in float64; a gate is not missed by rounding. */
const ROUNDING = 1e-12;

/**
 * Whether a gate is met. `min` and `max` are held against the value. `max_drop` asks for evidence that the version is not
 * worse by more: the value and the whole interval of the difference must be within it. What is unknown meets no gate.
 */
export function evaluateGate(gate: Gate, evidence: Evidence): GateResult {
  const reason = missed(gate, evidence);
  const { actual, baseline, difference } = evidence;
  return {
    metric: gate.metric,
    ...(gate.slice && { slice: gate.slice }),
    rule: ruleOf(gate),
    required: requiredOf(gate),
    actual,
    baseline,
    difference: 'max_drop' in gate ? difference : null,
    passed: reason === null,
    ...(reason !== null && { reason }),
  };
}

/** What is wanting; null where the gate is met. */
function missed(gate: Gate, { actual, baseline, difference, reason, incomplete }: Evidence): string | null {
  if (incomplete !== undefined) return incomplete;
  if (actual === null) return reason ?? 'no evaluation tells';
  if ('min' in gate) return actual >= gate.min - ROUNDING ? null : `${actual} is less than ${gate.min}`;
  if ('max' in gate) return actual <= gate.max + ROUNDING ? null : `${actual} is more than ${gate.max}`;
  if (baseline === null) return reason ?? 'there is no baseline';
  if (difference === null) return reason ?? 'there is no interval of the difference from the baseline';
  const isLower = isLowerBetter(gate.metric);
  const drop = isLower ? actual - baseline : baseline - actual;
  if (drop > gate.max_drop + ROUNDING)
    return `${actual} is worse than ${baseline} by more than ${gate.max_drop}`;
  const worst = isLower ? difference[1] : -difference[0];
  if (worst <= gate.max_drop + ROUNDING) return null;
  return `the data do not show that it is not worse by more than ${gate.max_drop}: the interval of the difference is ${difference.join(' to ')}`;
}

/**
 * What forbids to conclude anything: a version that fails at all hard examples does well at the others, and so does one that is asked
 * the easy half of a data set, because the rest does not fit. `compared`: examples that the baseline has answered as well, where it is asked of.
 */
export function incompleteness(
  { items, failed, invalid = 0, min_coverage: least }: Answered,
  compared: number | null = null,
): Pick<Evidence, 'incomplete'> {
  const all = items + failed + invalid;
  const why = invalid > 0 ? `: ${invalid} do not fit the task` : '';
  if (items < least * all) return { incomplete: `only ${items} of ${all} examples were answered${why}` };
  if (compared === null || compared >= least * all) return {};
  return { incomplete: `only ${compared} of ${all} examples were answered by both${why}` };
}

function requiredOf(gate: Gate): number {
  if ('min' in gate) return gate.min;
  return 'max' in gate ? gate.max : gate.max_drop;
}

/** What a report says about the metric of a gate. */
export function evidenceFor(gate: Gate, found: Findings): Evidence {
  const { metric, slice } = gate;
  const valueIn = (values: Readonly<Record<string, number | null>> | null | undefined) =>
    values && Object.hasOwn(values, metric) ? (values[metric] ?? null) : null;
  const { items = 0, failed = 0, invalid = 0, min_coverage = MIN_COVERAGE } = found;
  const compared = 'max_drop' in gate ? found.compared_items : null;
  const whole = incompleteness({ items, failed, invalid, min_coverage }, compared);
  if (!slice) {
    const own = found.undefined_metrics;
    return {
      actual: valueIn(found.metrics),
      baseline: valueIn(found.baseline_metrics),
      difference: found.difference_confidence?.[metric] ?? null,
      ...whole,
      reason: own && Object.hasOwn(own, metric) ? own[metric] : undefined,
    };
  }
  const values = found.slices && Object.hasOwn(found.slices, slice.field) ? found.slices[slice.field]! : {};
  const part = Object.hasOwn(values, slice.value) ? values[slice.value]! : undefined;
  const judged = found.gates?.find(
    (one) =>
      one.metric === metric &&
      one.slice?.field === slice.field &&
      one.slice.value === slice.value &&
      one.difference !== null,
  );
  return {
    actual: valueIn(part?.metrics),
    baseline: valueIn(part?.baseline_metrics),
    difference: judged?.difference ?? null,
    ...whole,
    ...(part?.items === undefined
      ? {}
      : incompleteness(
          { items: part.items, failed: part.failed ?? 0, min_coverage },
          'max_drop' in gate ? part.compared_items : null,
        )),
    ...(part ? {} : { reason: `no examples have "${slice.value}" in "${slice.field}"` }),
  };
}
