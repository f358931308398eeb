import { ERRORS, type HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { statusOf } from '../shared/errors.js';
import { saidOf } from '../shared/said.js';

export const cohereError = z
  .strictObject({ message: z.string(), id: z.string() })
  .meta({ id: 'CohereError' });

/** Its clients have a class for each status that they know; conflicts that last they would ask again. */
export function cohereStatusOf({ code }: HeddleError): number {
  const status = statusOf(code);
  if (status === 413 || status === 415) return 422;
  return status === 409 && !ERRORS[code].retryable ? 422 : status;
}

export function cohereErrorOf(error: HeddleError, requestId: string): z.infer<typeof cohereError> {
  return { message: saidOf(error, nameOf), id: requestId };
}

/** A request for a ranking is one item of a job. */
function nameOf(path: string): string {
  return path.replace(/^parameters\./, '').replace(/^inputs\[0\]\.(query|documents)/, '$1');
}
