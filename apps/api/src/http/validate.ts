import { type ErrorCode, type FieldError, HeddleError, MAX_FIELD_ERRORS } from '@heddle/contracts';
import type { z } from 'zod';
import { escapePointer } from './json-values.js';

/** A value as its schema gives it. Throws `code` (default `validation`) with every wrong field. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  options: { at?: string; code?: ErrorCode } = {},
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error.issues, options.at ?? '');
  const count = errors.length === 1 ? 'One field is wrong' : `${errors.length} fields are wrong`;
  throw new HeddleError(options.code ?? 'validation', `${count}; see errors.`, { errors });
}

/** Issues of zod as field errors with pointers below `at`: the first ones, no more than a problem shows. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], at: string): FieldError[] {
  const errors = issues.slice(0, MAX_FIELD_ERRORS).flatMap((issue) => {
    const pointer = at + issue.path.map((segment) => `/${escapePointer(String(segment))}`).join('');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: `${pointer}/${escapePointer(key)}`,
        code: 'unknown-field',
        message: 'no such field',
      }));
    }
    if (issue.code === 'invalid_union') return unionError(issue, pointer);
    return [{ pointer, code: codeOf(issue), message: issue.message }];
  });
  return errors.slice(0, MAX_FIELD_ERRORS);
}

/** The branch that got furthest says best what is wrong; none did when the type itself fits no branch. */
function unionError(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>,
  pointer: string,
): FieldError[] {
  const deeper = issue.errors.find((branch) =>
    branch.some((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
  );
  if (deeper) return fieldErrors(deeper, pointer);
  return [{ pointer, code: 'type', message: 'must be a string or an object' }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'required' : 'type';
  if (issue.code === 'invalid_value') return 'value';
  if (issue.code === 'too_big' || issue.code === 'too_small') return 'range';
  return 'invalid';
}
