import { HeddleError, LIMITS, validate } from '@heddle/contracts';
import type { z } from 'zod';

export { parse, validate } from '@heddle/contracts';

/**
 * Elements of a list of a body's own, unless they are token ids: more than any route takes. A schema says of each of a million what is
 * wrong with it, and nobody else is served meanwhile.
 */
const MAX_ELEMENTS = 4_096;

/**
 * As `validate`, of a request's body, where none is as good as an empty object. One that is an error is thrown
 * (query-of-writes.ts).
 */
export function validateBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (body instanceof HeddleError) throw body;
  refuseLongLists(body);
  return validate(schema, body === undefined ? {} : body);
}

/** Throws `validation`, before a schema looks at any element. */
function refuseLongLists(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, list] of Object.entries(body)) {
    if (!Array.isArray(list)) continue;
    const most = typeof list[0] === 'number' ? LIMITS.maxTokenIds : MAX_ELEMENTS;
    if (list.length <= most) continue;
    const message = `at most ${most} elements`;
    throw new HeddleError('validation', `${name} takes ${message}; this one has ${list.length}.`, {
      errors: [{ pointer: `/${name}`, code: 'too-many', message }],
    });
  }
}
