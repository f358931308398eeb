import {
  type Evidence,
  type Gate,
  HeddleError,
  type Interval,
  isMetric,
  ruleOf,
  wrongSide,
} from '@heddle/contracts';
import type { MetricValue } from '../metrics/metric.js';

/** Error: `validation` for a gate that cannot be held: of another metric, of the wrong side, or without what `max_drop` needs. */
export function checkGates(
  gates: readonly Gate[],
  metrics: readonly string[],
  hasBaseline: boolean,
  hasIntervals = true,
): void {
  for (const gate of gates) {
    const { metric } = gate;
    if (!metrics.includes(metric)) {
      const others = isMetric(metric)
        ? ' Others that the task has are measured where metrics names them.'
        : '';
      throw invalid(
        `The gate's metric "${metric}" is not measured; these are: ${metrics.join(', ')}.${others}`,
      );
    }
    const message = wrongSide(gate);
    if (message) throw invalid(`A gate is wrong: ${message}.`);
    if (ruleOf(gate) !== 'max_drop') continue;
    if (!hasBaseline) throw invalid(`The gate of "${metric}" has max_drop, which needs a baseline.`);
    if (!hasIntervals) {
      throw invalid(
        `The gate of "${metric}" has max_drop, which the bootstrap judges: resamples must not be 0.`,
      );
    }
  }
}

/** What a gate is judged by. `interval`: undefined where the gate needs none, null where it could not be computed. */
export function evidenceOf(
  version: MetricValue,
  baseline: MetricValue | undefined,
  interval: Interval | null | undefined,
): Evidence {
  const numberOf = (value: MetricValue | undefined) => (typeof value === 'number' ? value : null);
  const evidence = { actual: numberOf(version), baseline: numberOf(baseline), difference: interval ?? null };
  if (typeof version !== 'number') return { ...evidence, reason: version.reason };
  if (baseline !== undefined && typeof baseline !== 'number')
    return { ...evidence, reason: `of the baseline: ${baseline.reason}` };
  return interval === null
    ? { ...evidence, reason: 'most resamples leave the difference from the baseline undefined' }
    : evidence;
}

function invalid(message: string): HeddleError {
  return new HeddleError('validation', message);
}
