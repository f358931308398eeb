import type { CreateEvaluationBody, Task, VersionManifest } from '@heddle/contracts';
import type { LabelNames } from '../datasets/index.js';
import { type AccumulatorOptions, type ProblemType, problemTypeOf } from '../metrics/index.js';

/** How a data set is read where its format leaves that open. */
export type ReadingOptions = Pick<CreateEvaluationBody, 'mapping' | 'labels' | 'csv' | 'conll'>;

/** How a data set is read, and what its answers are measured by. */
export interface MeasuringOptions extends ReadingOptions, Pick<CreateEvaluationBody, 'squad'> {
  metrics: readonly string[];
  positiveLabel?: string | undefined;
}

/** A version that is measured: what is asked of it, and how. */
export interface Measured {
  task: Task;
  manifest: Pick<VersionManifest, 'labels' | 'problemType'>;
  /** As `evaluationParameters` gives them. */
  parameters: Record<string, unknown>;
  options: MeasuringOptions;
}

/** How answers to the examples are measured. */
export function accumulatorOptions(measured: Measured): AccumulatorOptions {
  const { task, options, parameters } = measured;
  const { names } = labelNames(measured);
  const isClassified = task === 'text-classification' || task === 'zero-shot-classification';
  const { threshold } = parameters;
  return {
    task,
    problemType: problemOf(measured),
    metrics: options.metrics,
    ...(isClassified && names && { labels: names }),
    ...(options.positiveLabel !== undefined && { positiveLabel: options.positiveLabel }),
    ...(options.squad && { squad: options.squad }),
    ...(typeof threshold === 'number' && { threshold }),
  };
}

/** What the answers are measured as. */
export function problemOf({
  task,
  manifest,
  parameters,
}: Pick<Measured, 'task' | 'manifest' | 'parameters'>): ProblemType {
  return problemTypeOf(task, manifest.problemType, parameters);
}

/** The labels that examples may expect: the model's, or those that it is asked to choose from. */
export function labelNames(measured: Pick<Measured, 'task' | 'manifest' | 'parameters'>): LabelNames {
  const { task, manifest, parameters } = measured;
  if (task === 'zero-shot-classification') return { names: parameters.candidate_labels as string[] };
  const isLabelled = task === 'text-classification' && problemOf(measured) !== 'regression';
  const { labels } = manifest;
  return labels.length > 0 && (isLabelled || task === 'token-classification') ? { names: labels } : {};
}
