import { HeddleError, type LabelScore, type TaskOutput } from '@heddle/contracts';

/** Labels by falling score. Throws `task-not-supported` for the answer of a model that gives numbers. */
export function labelsOf(output: TaskOutput): LabelScore[] {
  if ('labels' in output) return output.labels;
  throw new HeddleError('task-not-supported', 'The model answers with a number, not with labels.', {
    errors: [{ pointer: '/model', code: 'value', message: 'must be a model with labels' }],
  });
}
