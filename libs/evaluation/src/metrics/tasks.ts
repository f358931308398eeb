import { HeddleError, TASKS, type Task } from '@heddle/contracts';
import { answers } from './answers/index.js';
import { choice } from './choice/index.js';
import { multiLabel } from './classification/multi-label.js';
import { singleLabel } from './classification/single-label.js';
import { entities } from './entities/index.js';
import { mask } from './mask/index.js';
import type { Kind, ProblemType } from './metric.js';
import { unfit } from './prediction.js';
import { ranking } from './ranking/index.js';
import { regression } from './regression/index.js';
import { reward } from './reward/index.js';

/** Highest cutoff of a metric such as recall@k: items have no more documents. */
const MAX_CUTOFF = 1000;

/** What a task's examples are measured by; classification depends on the problem. Tasks without metrics are left out. */
export const METRICS_BY_TASK: Partial<Record<Task, Kind | Partial<Record<ProblemType, Kind>>>> = {
  'text-classification': {
    single_label_classification: singleLabel,
    multi_label_classification: multiLabel,
    regression,
  },
  'zero-shot-classification': {
    single_label_classification: singleLabel,
    multi_label_classification: multiLabel,
  },
  'token-classification': entities,
  'question-answering': answers,
  'multiple-choice': choice,
  'fill-mask': mask,
  rerank: ranking,
  score: reward,
};

/** The problem that answers of a task are measured as; `problemType` is the model's. */
export function problemTypeOf(
  task: Task,
  problemType: ProblemType | null,
  { multi_label: isMulti }: Readonly<Record<string, unknown>>,
): ProblemType {
  if (task === 'zero-shot-classification')
    return isMulti ? 'multi_label_classification' : 'single_label_classification';
  return (task === 'text-classification' && problemType) || 'single_label_classification';
}

/** Error: `task-not-supported` for a task, or a problem of it, without metrics. */
export function kindOf(task: Task, problemType: ProblemType = 'single_label_classification'): Kind {
  const kinds = METRICS_BY_TASK[task];
  const kind = kinds && ('create' in kinds ? kinds : kinds[problemType]);
  if (kind) return kind;
  throw notMeasured(kinds ? `${task} of a ${problemType} model` : task);
}

/** `task-not-supported`. */
export function notMeasured(what: string): HeddleError {
  const supported = TASKS.filter((one) => METRICS_BY_TASK[one]);
  return new HeddleError(
    'task-not-supported',
    `Nothing is measured of ${what}; evaluations support ${supported.join(', ')}.`,
    { extra: { supported } },
  );
}

/** The metrics to compute: those asked for, or the defaults. Error: `validation` for one that the task does not have. */
export function metricsOf(kind: Kind, asked?: readonly string[]): string[] {
  const metrics = [...new Set(asked ?? kind.defaults)];
  if (metrics.length === 0) throw unfit('An evaluation has one metric at least.');
  const wrong = metrics.find((metric) => !isAllowed(kind, metric));
  if (wrong === undefined) return metrics;
  const cutoffs = kind.allowed.some((name) => name.endsWith('@k')) ? `, k from 1 to ${MAX_CUTOFF}` : '';
  throw unfit(`"${wrong}" is not a metric of this task: it has ${kind.allowed.join(', ')}${cutoffs}.`);
}

function isAllowed(kind: Kind, metric: string): boolean {
  if (metric.includes('@k')) return false;
  const cutoff = /@([1-9]\d*)$/.exec(metric)?.[1];
  if (cutoff === undefined) return kind.allowed.includes(metric);
  return Number(cutoff) <= MAX_CUTOFF && kind.allowed.includes(metric.replace(/@\d+$/, '@k'));
}
