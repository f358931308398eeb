import { LIMITS } from '@heddle/contracts';
import { type AccumulatorOptions, type LabelNames, problemTypeOf } from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';

/** Scores that are kept for `average_precision`: with a baseline as many again, 200 MB together while they grow. */
const MAX_SCORES = 5_000_000;

type Measured = Pick<ClaimedEvaluation, 'task' | 'manifest' | 'parameters' | 'options'>;

/** How answers to the examples of an evaluation are measured. */
export function accumulatorOptions(evaluation: Measured): AccumulatorOptions {
  const { task, options, parameters } = evaluation;
  const { names } = labelNames(evaluation);
  const isClassified = task === 'text-classification' || task === 'zero-shot-classification';
  const { threshold } = parameters;
  return {
    task,
    problemType: problemOf(evaluation),
    metrics: options.metrics,
    maxScores: MAX_SCORES,
    ...(isClassified && names && { labels: names }),
    ...(options.positiveLabel !== undefined && { positiveLabel: options.positiveLabel }),
    ...(options.squad && { squad: options.squad }),
    ...(typeof threshold === 'number' && { threshold }),
  };
}

/** What the answers of an evaluation are measured as. */
export function problemOf({
  task,
  manifest,
  parameters,
}: Pick<Measured, 'task' | 'manifest' | 'parameters'>) {
  return problemTypeOf(task, manifest.problemType, parameters);
}

/** The labels that examples may expect: the model's, or those that it is asked to choose from. */
export function labelNames(evaluation: Pick<Measured, 'task' | 'manifest' | 'parameters'>): LabelNames {
  const { task, manifest, parameters } = evaluation;
  if (task === 'zero-shot-classification') return { names: parameters.candidate_labels as string[] };
  const isLabelled = task === 'text-classification' && problemOf(evaluation) !== 'regression';
  const { labels } = manifest;
  return labels.length > 0 && (isLabelled || task === 'token-classification') ? { names: labels } : {};
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
