import type { Task } from '@heddle/contracts';
import { kindOf, metricsOf } from '../metrics/index.js';
import type { ProblemType } from '../metrics/metric.js';

/** What a table of ablations shows of a task: what papers report of it, more of each is better. */
const SHOWN: Partial<Record<Task, readonly string[]>> = {
  'token-classification': ['seq_f1'],
  // With the answerable questions apart: a model that never answers is right about all others.
  'question-answering': ['f1', 'exact_match', 'has_ans_f1'],
  'multiple-choice': ['accuracy'],
  'fill-mask': ['mlm_accuracy'],
  rerank: ['ndcg@10', 'mrr@10'],
  score: ['pairwise_accuracy'],
};
const OF_CLASSIFICATION: Record<ProblemType, readonly string[]> = {
  single_label_classification: ['accuracy', 'macro_f1'],
  multi_label_classification: ['micro_f1', 'macro_f1'],
  regression: ['pearson', 'spearman'],
};

/** Errors: `task-not-supported` for a task, or a problem of it, without metrics. */
export function ablationMetrics(
  task: Task,
  problemType: ProblemType = 'single_label_classification',
): string[] {
  const kind = kindOf(task, problemType);
  return metricsOf(kind, SHOWN[task] ?? OF_CLASSIFICATION[problemType]);
}
