import { createHash } from 'node:crypto';
import {
  codePointLength,
  type FieldError,
  HeddleError,
  LIMITS,
  MAX_FIELD_ERRORS,
  type SubmitJobBody,
  submitJobBody,
  TASK_SCHEMAS,
  type Task,
} from '@heddle/contracts';
import type { ResolvedVersion } from '@heddle/store';
import { fieldErrors, validate } from '../http/validate.js';

/** The body of a submission as far as it can be checked before its model is known. */
export function parseSubmission(body: unknown): SubmitJobBody {
  const submission = validate(submitJobBody, body ?? {});
  if (submission.inputs.length === 0) {
    throw new HeddleError('invalid-input', 'inputs must hold at least one item.', {
      errors: [{ pointer: '/inputs', code: 'empty', message: 'must hold at least one item' }],
    });
  }
  if (submission.inputs.length > LIMITS.maxInputsPerJob) {
    const message = `at most ${LIMITS.maxInputsPerJob} items`;
    throw new HeddleError(
      'too-many-inputs',
      `A job takes ${message}; this one has ${submission.inputs.length}.`,
      {
        errors: [{ pointer: '/inputs', code: 'too-many', message }],
      },
    );
  }
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
 * Checks items and parameters against the task. Returns the parameters with their defaults, and the estimated
 * tokens of the whole job.
 * Errors: `validation`, `invalid-input` (empty text), `text-too-long`.
 */
export function checkInputs(
  task: Task,
  submission: SubmitJobBody,
): { parameters: Record<string, unknown>; cost: number } {
  const parameters = validate(TASK_SCHEMAS[task].parameters, submission.parameters, { at: '/parameters' });
  const errors: FieldError[] = [];
  for (const [i, item] of submission.inputs.entries()) {
    const parsed = TASK_SCHEMAS[task].item.safeParse(item);
    if (!parsed.success) errors.push(...fieldErrors(parsed.error.issues, `/inputs/${i}`));
    if (errors.length > MAX_FIELD_ERRORS) break;
  }
  if (errors.length > 0)
    throw new HeddleError('validation', 'Some inputs are wrong; see errors.', { errors });
  const texts = submission.inputs.flatMap(textsOf);
  refuseEmpty(texts);
  return { parameters, cost: costOf(submission.inputs, parameters, refuseLong(texts)) };
}

interface PlacedText {
  pointer: string;
  item: number;
  text: string;
}

function textsOf(item: unknown, index: number): PlacedText[] {
  const pointer = `/inputs/${index}`;
  if (typeof item === 'string') return [{ pointer, item: index, text: item }];
  const { text, text_pair: pair } = item as { text: string; text_pair?: string };
  const texts = [{ pointer: `${pointer}/text`, item: index, text }];
  return pair === undefined
    ? texts
    : [...texts, { pointer: `${pointer}/text_pair`, item: index, text: pair }];
}

function refuseEmpty(texts: PlacedText[]): void {
  const empty = texts.filter(({ text }) => text === '');
  if (empty.length === 0) return;
  throw new HeddleError('invalid-input', 'Texts must not be empty.', {
    errors: empty
      .slice(0, MAX_FIELD_ERRORS)
      .map(({ pointer }) => ({ pointer, code: 'empty', message: 'must not be empty' })),
  });
}

/** Code points by item. */
function refuseLong(texts: PlacedText[]): number[] {
  const lengths: number[] = [];
  let total = 0;
  for (const { pointer, item, text } of texts) {
    const length = codePointLength(text);
    total += length;
    lengths[item] = (lengths[item] ?? 0) + length;
    if (length > LIMITS.maxTextChars)
      throw tooLong(pointer, `at most ${LIMITS.maxTextChars} characters`, length);
  }
  if (total > LIMITS.maxJobChars)
    throw tooLong('/inputs', `at most ${LIMITS.maxJobChars} characters in all`, total);
  return lengths;
}

function tooLong(pointer: string, message: string, actual: number): HeddleError {
  return new HeddleError('text-too-long', `${pointer} takes ${message}; it has ${actual}.`, {
    errors: [{ pointer, code: 'too-long', message }],
  });
}

/** Characters a token stands for, on average over European languages; the estimate only sizes the window. */
const CHARS_PER_TOKEN = 4;
const SPECIAL_TOKENS = 3;

function costOf(inputs: unknown[], parameters: Record<string, unknown>, lengths: number[]): number {
  const labels = parameters.candidate_labels;
  const sequences = Array.isArray(labels) ? labels.length : 1;
  const tokens = lengths.reduce((sum, length) => sum + Math.ceil(length / CHARS_PER_TOKEN), 0);
  return sequences * (inputs.length * SPECIAL_TOKENS + tokens);
}

/** SHA-256 of the body with sorted keys: the same request however it was spelled. */
export function fingerprint(body: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(body)).digest();
}

/** A text that is the same for equal values, whatever the order of their members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, member]) => [name, sorted(member)]);
}
