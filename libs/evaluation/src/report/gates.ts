import { HeddleError } from '@heddle/contracts';
import { isLowerBetter } from '../metrics/metric.js';
import type { Slice } from '../metrics/slices.js';

/**
 * A rule for one metric, over all examples or a slice: at least `min`, at most `max` (metrics of which less is better),
 * or at most `max_drop` worse than the baseline.
 */
export type Gate = { metric: string; slice?: Slice } & (
  | { min: number; max?: never; max_drop?: never }
  | { max: number; min?: never; max_drop?: never }
  | { max_drop: number; min?: never; max?: never }
);

export interface GateResult {
  metric: string;
  slice?: Slice;
  rule: 'min' | 'max' | 'max_drop';
  /** What the metric must reach, or for a metric of which less is better, stay within; null without a baseline's value. */
  required: number | null;
  actual: number | null;
  passed: boolean;
  /** Why a gate could not be held against anything; it is not passed then. */
  reason?: string;
}

/** A metric of the version or of its baseline. */
export type Measured = (metric: string, slice: Slice | undefined) => number | { reason: string };

/** 0.8 − 0.1 is more than 0.7 in float64; a gate is not missed by rounding. */
const ROUNDING = 1e-12;

/** Error: `validation` for a gate that cannot be held: of another metric, without a baseline, or of the wrong side. */
export function checkGates(gates: readonly Gate[], metrics: readonly string[], hasBaseline: boolean): void {
  for (const gate of gates) {
    const { metric } = gate;
    if (!metrics.includes(metric)) {
      throw invalid(`The gate's metric "${metric}" is not measured; these are: ${metrics.join(', ')}.`);
    }
    if (ruleOf(gate) === 'max_drop' && !hasBaseline) {
      throw invalid(`The gate of "${metric}" has max_drop, which needs a baseline.`);
    }
    if (ruleOf(gate) === 'min' && isLowerBetter(metric)) {
      throw invalid(`Less is better of "${metric}": its gate has max or max_drop, not min.`);
    }
    if (ruleOf(gate) === 'max' && !isLowerBetter(metric)) {
      throw invalid(`More is better of "${metric}": its gate has min or max_drop, not max.`);
    }
  }
}

export function evaluateGate(gate: Gate, version: Measured, baseline: Measured | undefined): GateResult {
  const { metric, slice } = gate;
  const rule = ruleOf(gate);
  const actual = version(metric, slice);
  const required = requirement(gate, baseline);
  const result = { metric, ...(slice && { slice }), rule };
  if (typeof actual !== 'number' || typeof required !== 'number') {
    const missing = [actual, required].find((value) => typeof value !== 'number') as { reason: string };
    const number = (value: number | { reason: string }) => (typeof value === 'number' ? value : null);
    return {
      ...result,
      required: number(required),
      actual: number(actual),
      passed: false,
      reason: typeof actual === 'number' ? `of the baseline: ${missing.reason}` : missing.reason,
    };
  }
  const excess = isLowerBetter(metric) ? required - actual : actual - required;
  return { ...result, required, actual, passed: excess >= -ROUNDING };
}

function requirement(gate: Gate, baseline: Measured | undefined): number | { reason: string } {
  if (gate.min !== undefined) return gate.min;
  if (gate.max !== undefined) return gate.max;
  const value = baseline?.(gate.metric, gate.slice) ?? { reason: 'there is no baseline' };
  if (typeof value !== 'number') return value;
  return isLowerBetter(gate.metric) ? value + gate.max_drop : value - gate.max_drop;
}

function ruleOf(gate: Gate): GateResult['rule'] {
  if (gate.min !== undefined) return 'min';
  return gate.max === undefined ? 'max_drop' : 'max';
}

function invalid(message: string): HeddleError {
  return new HeddleError('validation', message);
}
