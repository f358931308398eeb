import {
  type FieldError,
  HeddleError,
  MAX_FIELD_ERRORS,
  type SubmitJobBody,
  submitJobBody,
  TASK_SCHEMAS,
  type Task,
  type VersionManifest,
} from '@heddle/contracts';
import type { ResolvedVersion } from '@heddle/store';
import { refuseCount, refuseEmpty, refuseLong, textsIn } from '../http/item-texts.js';
import { fieldErrors, parse, validate, validateBody } from '../http/validate.js';
import { costOf } from './cost.js';

/** The body of a submission as far as it can be checked before its model is known. */
export function parseSubmission(body: unknown): SubmitJobBody {
  const submission = validateBody(submitJobBody, body);
  refuseCount(submission.inputs);
  return submission;
}

/** The task of a submission. Throws `task-not-supported` with `supported`. */
export function taskOf(submission: SubmitJobBody, version: ResolvedVersion): Task {
  const supported = version.manifest.tasks;
  const task = submission.task ?? supported[0]!;
  if (supported.includes(task)) return task;
  throw new HeddleError('task-not-supported', `${version.model}@${version.number} does not answer ${task}.`, {
    extra: { supported },
    errors: [{ pointer: '/task', code: 'value', message: `one of ${supported.join(', ')}` }],
  });
}

/**
 * Checks items and parameters against the task and the version that answers it. Returns the parameters with their
 * defaults, and the estimated tokens of the whole job.
 * Errors: `validation`, `invalid-input` (empty text), `text-too-long`.
 */
export function checkInputs(
  task: Task,
  submission: SubmitJobBody,
  { architecture, maxTokens }: VersionManifest,
): { parameters: Record<string, unknown>; cost: number } {
  const parameters: Record<string, unknown> = validate(TASK_SCHEMAS[task].parameters, submission.parameters, {
    at: '/parameters',
  });
  refuseUnknownParts(parameters, architecture);
  const errors: FieldError[] = [];
  for (const [i, item] of submission.inputs.entries()) {
    const parsed = parse(TASK_SCHEMAS[task].item, item);
    if (!parsed.success) errors.push(...fieldErrors(parsed.error.issues, `/inputs/${i}`));
    if (errors.length > MAX_FIELD_ERRORS) break;
  }
  if (errors.length > 0)
    throw new HeddleError('validation', 'Some inputs are wrong; see errors.', { errors });
  const texts = textsIn(submission.inputs, '/inputs');
  refuseEmpty(texts);
  // Apart from the texts: the defaults among them are nobody's characters.
  refuseLong(textsIn(parameters, '/parameters'));
  refuseLong(texts);
  const costs = submission.inputs.map((item) => costOf(task, item, parameters, maxTokens));
  return { parameters, cost: costs.reduce((sum, cost) => sum + cost, 0) };
}

/** Layers, heads and dimensions that the model does not have. */
function refuseUnknownParts(
  { layers = [], heads = [], dimensions }: Record<string, unknown>,
  model: VersionManifest['architecture'],
): void {
  const errors: FieldError[] = [];
  const check = (pointer: string, value: unknown, most: number) => {
    if (typeof value !== 'number' || value <= most) return;
    errors.push({ pointer, code: 'range', message: `at most ${most} with this model` });
  };
  for (const [i, layer] of (layers as number[]).entries())
    check(`/parameters/layers/${i}`, layer, model.layers - 1);
  for (const [i, head] of (heads as number[]).entries())
    check(`/parameters/heads/${i}`, head, model.heads - 1);
  check('/parameters/dimensions', dimensions, model.hiddenSize);
  if (errors.length > 0) {
    throw new HeddleError('validation', 'The model does not have what the parameters name; see errors.', {
      errors: errors.slice(0, MAX_FIELD_ERRORS),
    });
  }
}
