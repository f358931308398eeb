import { LIMITS } from '@heddle/contracts';
import { type AccumulatorOptions, accumulatorOptions, labelNames } from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';

/** Scores that are kept for `average_precision`: with a baseline as many again, 200 MB together while they grow. */
const MAX_SCORES = 5_000_000;

type Measured = Pick<ClaimedEvaluation, 'task' | 'manifest' | 'parameters' | 'options'>;

/** How answers to the examples of an evaluation are measured, in the memory that a server has for it. */
export function boundedOptions(evaluation: Measured): AccumulatorOptions {
  return { ...accumulatorOptions(evaluation), maxScores: MAX_SCORES };
}

/**
 * How often so many examples are resampled: as often as is asked for, or as there is time for. Each metric is computed of every
 * resample, `average_precision` from the score of every label; where that has too many scores it is not computed.
 */
export function resamplesOf(evaluation: Measured, items: number): number {
  const { metrics, resamples } = evaluation.options;
  const labels = labelNames(evaluation).names?.length ?? 1;
  const scores = metrics.includes('average_precision') ? items * labels : 0;
  const values = Math.max(1, items, scores <= MAX_SCORES ? scores : 0);
  return Math.min(resamples, Math.floor(LIMITS.maxResampledValues / values));
}
