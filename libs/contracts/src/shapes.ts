import { z } from 'zod';
import { ID_PREFIXES, type IdKind } from './ids.js';

/** A public id of that kind, as answers show it. */
export function publicIdOf(kind: IdKind) {
  return z.string().regex(new RegExp(`^${ID_PREFIXES[kind]}[0-9a-hjkmnp-tv-z]{26}$`));
}

/** A time of an answer: RFC 3339, UTC, milliseconds. */
export const timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  .meta({ format: 'date-time' });

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** A page of a list; `id` names it in the OpenAPI document. */
export function pageOf<Shown extends z.ZodType>(id: string, shown: Shown) {
  return z
    .strictObject({
      data: z.array(shown),
      next_cursor: z.string().nullable().describe('`cursor` of the next page; null on the last one.'),
    })
    .meta({ id });
}
