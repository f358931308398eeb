import { HeddleError, type Task } from '@heddle/contracts';
import type { HuggingfaceBody } from './body.js';

/** What Hugging Face calls its tasks, and what they are called here. */
export const HUGGINGFACE_TASKS = {
  'text-classification': 'text-classification',
  'sentiment-analysis': 'text-classification',
  'zero-shot-classification': 'zero-shot-classification',
  'token-classification': 'token-classification',
  ner: 'token-classification',
  'question-answering': 'question-answering',
  'fill-mask': 'fill-mask',
  'feature-extraction': 'embed',
  'sentence-similarity': 'embed',
  'text-ranking': 'rerank',
  'sentence-ranking': 'rerank',
} as const satisfies Record<string, Task>;
export type HuggingfaceTask = keyof typeof HUGGINGFACE_TASKS;

const OF_FIRST_TASK: Partial<Record<Task, HuggingfaceTask>> = {
  'text-classification': 'text-classification',
  'zero-shot-classification': 'zero-shot-classification',
  'token-classification': 'token-classification',
  'question-answering': 'question-answering',
  'fill-mask': 'fill-mask',
  embed: 'feature-extraction',
  rerank: 'text-ranking',
};

/** The task that a path names. Throws `not-found`. */
export function huggingfaceTaskNamed(name: string): HuggingfaceTask {
  if (Object.hasOwn(HUGGINGFACE_TASKS, name)) return name as HuggingfaceTask;
  throw new HeddleError('not-found', `There is no task "${name}" here.`);
}

/** Clients post every task to one address: what is asked follows from the body, else from what the model does first. */
export function huggingfaceTaskOf({ inputs, parameters }: HuggingfaceBody, first: Task): HuggingfaceTask {
  if (parameters?.candidate_labels !== undefined && parameters.candidate_labels !== null)
    return 'zero-shot-classification';
  const [one] = Array.isArray(inputs) ? inputs : [inputs];
  const fields = typeof one === 'object' && one !== null ? one : {};
  if ('question' in fields) return 'question-answering';
  if ('source_sentence' in fields) return 'sentence-similarity';
  if ('query' in fields) return 'text-ranking';
  const task = OF_FIRST_TASK[first];
  if (task) return task;
  throw new HeddleError('task-not-supported', `These routes have no form for the task ${first}.`);
}
