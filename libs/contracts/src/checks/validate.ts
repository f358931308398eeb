import type { z } from 'zod';
import { type ErrorCode, type FieldError, HeddleError, MAX_FIELD_ERRORS } from '../errors.js';
import { escapePointer } from './json-values.js';

/** A value as its schema gives it. Throws `code` (default `validation`) with every wrong field. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  options: { at?: string; code?: ErrorCode } = {},
): z.output<Schema> {
  const parsed = parse(schema, value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error.issues, options.at ?? '');
  const count = errors.length === 1 ? 'One field is wrong' : `${errors.length} fields are wrong`;
  throw new HeddleError(options.code ?? 'validation', `${count}; see errors.`, { errors });
}

/** What a schema says of a value; its issues hold what was found, which tells what is missing from what is mistyped. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown) {
  return schema.safeParse(value, { reportInput: true });
}

/** Issues of `parse` as field errors with pointers below `at`: one a field, no more than a problem shows. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], at: string): FieldError[] {
  const errors = issues.slice(0, MAX_FIELD_ERRORS).flatMap((issue) => errorsOf(issue, at));
  const first = new Map<string, FieldError>();
  for (const error of errors) if (!first.has(error.pointer)) first.set(error.pointer, error);
  return [...first.values()].slice(0, MAX_FIELD_ERRORS);
}

function errorsOf(issue: z.core.$ZodIssue, at: string): FieldError[] {
  const pointer = at + issue.path.map((segment) => `/${escapePointer(String(segment))}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${escapePointer(key)}`,
      code: 'unknown-field',
      message: 'no such field',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionErrors(issue, pointer);
  const code = codeOf(issue);
  return [{ pointer, code, message: code === 'required' ? REQUIRED : issue.message }];
}
const REQUIRED = 'is required';

/** The branch that got furthest says best what is wrong; none did when the type itself fits no branch. */
function unionErrors(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>,
  pointer: string,
): FieldError[] {
  const deeper = issue.errors.find((branch) =>
    branch.some((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
  );
  if (deeper) return fieldErrors(deeper, pointer);
  if (issue.input === undefined) return [{ pointer, code: 'required', message: REQUIRED }];
  const types = issue.errors.flat().map((inner) => (inner.code === 'invalid_type' ? inner.expected : ''));
  const named = [...new Set(types)].map((type) => TYPE_NAMES[type] ?? type);
  return [{ pointer, code: 'type', message: `must be ${named.join(' or ')}` }];
}
const TYPE_NAMES: Record<string, string> = {
  string: 'a string',
  object: 'an object',
  number: 'a number',
  int: 'an integer',
};

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'required' : 'type';
  if (issue.code === 'invalid_value') return choiceCode(issue.input, issue.values[0]);
  // The field that tells the branches of a union apart; the issue holds the object around it.
  if (issue.code === 'invalid_union')
    return choiceCode((issue.input as Record<string, unknown>)[issue.discriminator ?? ''], '');
  if (issue.code === 'too_big' || issue.code === 'too_small') return 'range';
  return 'invalid';
}

/** Of a value that is none of the choices. */
function choiceCode(value: unknown, choice: unknown): string {
  if (value === undefined) return 'required';
  return typeof value === typeof choice ? 'value' : 'type';
}
