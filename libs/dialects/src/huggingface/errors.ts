import type { HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { hasNoInputs, statusOf } from '../shared/errors.js';
import { teiErrorOf, teiStatusOf } from '../tei/errors.js';

export const huggingfaceError = z
  .strictObject({ error: z.string(), error_type: z.string() })
  .meta({ id: 'HuggingFaceError' });

/** Never 503: the client for JavaScript asks again at once after it, for ever. */
export function huggingfaceStatusOf(error: HeddleError): number {
  if (hasNoInputs(error)) return 400;
  const status = statusOf(error.code);
  return status === 503 ? 429 : status;
}

/** Types of errors are those of text-embeddings-inference. */
export function huggingfaceErrorOf(error: HeddleError): z.infer<typeof huggingfaceError> {
  return { ...teiErrorOf(error), error_type: teiStatusOf(error).type };
}
