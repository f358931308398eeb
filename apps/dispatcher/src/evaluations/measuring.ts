import { type AccumulatorOptions, type LabelNames, problemTypeOf } from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';

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
