import type { Task, TaskOutput } from '@heddle/contracts';
import { attention } from './attention.js';
import { embed } from './embed.js';
import { fillMask } from './fill-mask.js';
import { multipleChoice } from './multiple-choice.js';
import { questionAnswering } from './question-answering.js';
import { replacedTokenDetection } from './replaced-token-detection.js';
import { rerank } from './rerank.js';
import { score } from './score.js';
import type { TaskHandler } from './task.js';
import { textClassification } from './text-classification.js';
import { tokenClassification } from './token-classification.js';
import { zeroShotClassification } from './zero-shot-classification.js';

const HANDLERS = {
  'text-classification': textClassification,
  'zero-shot-classification': zeroShotClassification,
  'token-classification': tokenClassification,
  'question-answering': questionAnswering,
  'multiple-choice': multipleChoice,
  'fill-mask': fillMask,
  rerank,
  score,
  embed,
  attention,
  'replaced-token-detection': replacedTokenDetection,
} as const satisfies Record<Task, unknown>;

/**
 * The handler of a task. Items and parameters are those that the schemas of the same task accepted
 * (`TASK_SCHEMAS` in contracts), which is why their types may be forgotten here.
 */
export function taskHandler(task: Task): TaskHandler<unknown, unknown, TaskOutput> {
  return HANDLERS[task] as TaskHandler<unknown, unknown, TaskOutput>;
}
