import { HeddleError, validate } from '@heddle/contracts';
import type { z } from 'zod';

export { parse, validate } from '@heddle/contracts';

/**
 * As `validate`, of a request's body, where none is as good as an empty object. One that is an error is thrown
 * (query-of-writes.ts).
 */
export function validateBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (body instanceof HeddleError) throw body;
  return validate(schema, body === undefined ? {} : body);
}
