import { type FieldError, HeddleError, isStorableText, LIMITS, MAX_FIELD_ERRORS } from '@heddle/contracts';
import { z } from 'zod';
import { parse } from './validate.js';

export type Query = Record<string, string | string[] | undefined>;

/** Query of a route that takes no parameters. */
export const noQuery = z.strictObject({});

/** Parameters of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `1 to ${LIMITS.maxPageSize}`)
    .transform(Number)
    .pipe(z.int().min(1).max(LIMITS.maxPageSize, `1 to ${LIMITS.maxPageSize}`))
    .default(LIMITS.defaultPageSize),
  cursor: z.string().exactOptional().describe('`next_cursor` of the page before, with the same filters.'),
};

/** A value out of a few. */
export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `one of ${values.join(', ')}` });
}

/** A parameter that may stand more than once. Its values come in one order, so that a cursor holds however they stood. */
export function repeatable<const Values extends readonly [string, ...string[]]>(values: Values) {
  const list = z.array(choice(values));
  return z
    .preprocess((given) => [given].flat(), list)
    .transform((chosen): Values[number][] => [...new Set<Values[number]>(chosen)].sort())
    .pipe(list);
}

/**
 * A query as its schema gives it. Throws `invalid-query` naming every wrong parameter, and those that Postgres could not
 * take; `anyText`: nothing of it goes there.
 */
export function readQuery<Schema extends z.ZodObject>(
  schema: Schema,
  query: Query,
  { anyText = false } = {},
): z.output<Schema> {
  const errors = anyText ? [] : unstorable(query);
  const parsed = parse(schema, query);
  if (parsed.success && errors.length === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys')
      errors.push(...issue.keys.map((name) => wrong([name], 'no such parameter')));
    else errors.push(wrong(issue.path, Array.isArray(issue.input) ? 'may stand once' : issue.message));
  }
  const first = new Map(errors.toReversed().map((error) => [error.pointer, error]));
  throw new HeddleError('invalid-query', 'The query is wrong; see errors.', {
    errors: [...first.values()].toReversed().slice(0, MAX_FIELD_ERRORS),
  });
}

/**
 * What `read` gives. Where it throws, `look` is asked first: that the thing of the path is missing is said before anything
 * is said of the query or the body.
 */
export async function afterLooking<Read>(read: () => Read, look: () => Promise<unknown>): Promise<Read> {
  try {
    return read();
  } catch (error) {
    await look();
    throw error;
  }
}

/** Parameters, and members of them, whose name or values no column takes. */
function unstorable(query: Query, ...within: string[]): FieldError[] {
  return Object.entries(query).flatMap(([name, values]) => {
    const at = [...within, name];
    if (typeof values === 'object' && !Array.isArray(values)) return unstorable(values, ...at);
    return [name, ...[values ?? []].flat()].every(isStorableText)
      ? []
      : [wrong(at, 'holds characters that cannot be')];
  });
}

/** `?name`, or `?name[member]` of one that has members; which of several values does not matter. */
function wrong([name, ...members]: PropertyKey[], message: string): FieldError {
  const named = members.filter((member) => typeof member !== 'number');
  const pointer = `?${String(name)}${named.map((member) => `[${String(member)}]`).join('')}`;
  return { pointer: pointer.toWellFormed(), code: 'value', message };
}
