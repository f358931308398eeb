import type { HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { hasNoInputs, statusOf } from '../shared/errors.js';
import { saidOf } from '../shared/said.js';

const ERROR_TYPES = [
  'Unhealthy',
  'Backend',
  'Overloaded',
  'Validation',
  'Tokenizer',
  'Empty',
  'Unauthorized',
  'NotFound',
] as const;
type ErrorType = (typeof ERROR_TYPES)[number];

export const teiError = z
  .strictObject({ error: z.string(), error_type: z.enum(ERROR_TYPES) })
  .meta({ id: 'TEIError' });
/** Of the routes that are OpenAI's. */
export const teiOpenaiError = z
  .strictObject({ message: z.string(), code: z.int(), error_type: z.enum(ERROR_TYPES) })
  .meta({ id: 'TEIOpenAIError' });

/** The status and the type that the server of text-embeddings-inference has for an error. */
export function teiStatusOf(error: HeddleError): { status: number; type: ErrorType } {
  const status = statusOf(error.code);
  if (hasNoInputs(error)) return { status: 400, type: 'Empty' };
  if (error.code === 'task-not-supported') return { status: 424, type: 'Backend' };
  if (error.code === 'tokenizer-error') return { status, type: 'Tokenizer' };
  // What it does not know as a state of its own: nothing that is asked again at once.
  if (status === 503) return { status: 429, type: 'Overloaded' };
  if (status === 429) return { status, type: 'Overloaded' };
  if (status === 401 || status === 403) return { status, type: 'Unauthorized' };
  if (status === 404) return { status, type: 'NotFound' };
  if (status >= 500 && error.code !== 'internal') return { status: 424, type: 'Backend' };
  return { status, type: status >= 500 ? 'Backend' : 'Validation' };
}

export function teiErrorOf(error: HeddleError): z.infer<typeof teiError> {
  return { error: teiSaid(error), error_type: teiStatusOf(error).type };
}

export function teiOpenaiErrorOf(error: HeddleError): z.infer<typeof teiOpenaiError> {
  const { status, type } = teiStatusOf(error);
  return {
    message: saidOf(error, (path) => path.replace(/^inputs/, 'input')),
    code: status,
    error_type: type,
  };
}

/** As the routes name what they take. */
export function teiSaid(error: HeddleError): string {
  return saidOf(error, (path) =>
    path
      .replace(/^parameters\.truncation_side/, 'truncation_direction')
      .replace(/^parameters\./, '')
      .replace(/^inputs\[0\]\.documents/, 'texts')
      .replace(/^inputs\[0\]\.query/, 'query'),
  );
}
