import { type FieldError, HeddleError, MAX_FIELD_ERRORS } from '../errors.js';
import type { SubmitJobBody } from '../jobs.js';
import type { VersionManifest } from '../models.js';
import { TASK_SCHEMAS, type Task } from '../tasks/index.js';
import { costOf } from './cost.js';
import { refuseEmpty, refuseLong, refuseLongWithin, textsIn } from './item-texts.js';
import { fieldErrors, parse, validate } from './validate.js';

/** The task that is asked for, or the version's first. Throws `task-not-supported` with `supported`. */
export function taskOf(
  { task: asked }: { task?: Task | undefined },
  version: { model: string; number: number; manifest: VersionManifest },
): Task {
  const supported = version.manifest.tasks;
  const task = asked ?? supported[0]!;
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
  submission: Pick<SubmitJobBody, 'inputs' | 'parameters'>,
  manifest: VersionManifest,
): { parameters: Record<string, unknown>; cost: number } {
  const parameters = checkParameters(task, submission.parameters, manifest.architecture);
  return { parameters, cost: checkItems(task, submission.inputs, parameters, manifest) };
}

/**
 * Checks items against the task. `parameters`: checked. Returns the estimated tokens of all of them.
 * Errors: `validation`, `invalid-input` (empty text), `text-too-long`.
 */
export function checkItems(
  task: Task,
  inputs: unknown[],
  parameters: Record<string, unknown>,
  { maxTokens }: Pick<VersionManifest, 'maxTokens'>,
): number {
  const errors: FieldError[] = [];
  for (const [i, item] of inputs.entries()) {
    const parsed = parse(TASK_SCHEMAS[task].item, item);
    if (!parsed.success) errors.push(...fieldErrors(parsed.error.issues, `/inputs/${i}`));
    if (errors.length > MAX_FIELD_ERRORS) break;
  }
  if (errors.length > 0)
    throw new HeddleError('validation', 'Some inputs are wrong; see errors.', { errors });
  const texts = textsIn(inputs, '/inputs');
  refuseEmpty(texts);
  refuseLong(texts);
  return inputs.reduce<number>((sum, item) => sum + costOf(task, item, parameters, maxTokens), 0);
}

/**
 * Parameters of a task, with their defaults, for a model. Errors: `validation`, `text-too-long`.
 */
export function checkParameters(
  task: Task,
  given: Record<string, unknown>,
  architecture: VersionManifest['architecture'],
): Record<string, unknown> {
  const parameters: Record<string, unknown> = validate(TASK_SCHEMAS[task].parameters, given, {
    at: '/parameters',
  });
  refuseUnknownParts(parameters, architecture);
  // Apart from the texts: the defaults among them are nobody's characters.
  refuseLongWithin(parameters, '/parameters');
  return parameters;
}

/** Checks parameters of which some are still to come: only what is there can be wrong. Errors: `validation`. */
export function checkGivenParameters(
  task: Task,
  given: Record<string, unknown>,
  architecture: VersionManifest['architecture'],
): void {
  const parsed = parse(TASK_SCHEMAS[task].parameters, given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const errors = fieldErrors(issues, '/parameters').filter(({ code }) => code !== 'required');
  if (errors.length > 0)
    throw new HeddleError('validation', 'Some parameters are wrong; see errors.', { errors });
  refuseUnknownParts(given, architecture);
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
