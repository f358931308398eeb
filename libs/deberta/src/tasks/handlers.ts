import { HeddleError, type Task, type TaskOutput } from '@heddle/contracts';
import type { TaskHandler } from './task.js';
import { textClassification } from './text-classification.js';
import { tokenClassification } from './token-classification.js';
import { zeroShotClassification } from './zero-shot-classification.js';

const HANDLERS = {
  'text-classification': textClassification,
  'zero-shot-classification': zeroShotClassification,
  'token-classification': tokenClassification,
} as const satisfies Partial<Record<Task, unknown>>;

/**
 * The handler of a task. Items and parameters are those that the schemas of the same task accepted
 * (`TASK_SCHEMAS` in contracts), which is why their types may be forgotten here.
 */
export function taskHandler(task: Task): TaskHandler<unknown, unknown, TaskOutput> {
  if (!(task in HANDLERS)) throw new HeddleError('task-not-supported', `${task} is not answered yet.`);
  return HANDLERS[task as keyof typeof HANDLERS] as TaskHandler<unknown, unknown, TaskOutput>;
}
