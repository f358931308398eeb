import type { ErrorCode, HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { statusOf } from '../shared/errors.js';

export const openaiError = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  })
  .meta({ id: 'OpenAIError' });

/** OpenAI's word where it has one; the others are ours. */
const CODES: Partial<Record<ErrorCode, string>> = {
  'malformed-json': 'invalid_json',
  validation: 'invalid_value',
  'invalid-input': 'invalid_value',
  'invalid-text': 'invalid_value',
  'invalid-query': 'invalid_value',
  unauthorized: 'invalid_api_key',
  forbidden: 'insufficient_permissions',
  'task-not-supported': 'invalid_model',
  'input-too-long': 'context_length_exceeded',
  'text-too-long': 'context_length_exceeded',
  'rate-limited': 'rate_limit_exceeded',
  'quota-exceeded': 'rate_limit_exceeded',
  'call-timeout': 'timeout',
  'deadline-exceeded': 'timeout',
  internal: 'server_error',
  'non-finite-output': 'server_error',
  'worker-crashed': 'server_error',
  'attempts-exhausted': 'server_error',
  'inference-timeout': 'server_error',
  'model-unavailable': 'server_error',
};
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** Of the answer to a request, or to a line of a batch, that ended in that error. */
export function openaiStatusOf(code: ErrorCode): number {
  const status = statusOf(code);
  return status === 422 ? 400 : status;
}

export function openaiErrorOf(error: HeddleError): z.infer<typeof openaiError> {
  const status = openaiStatusOf(error.code);
  const [first] = error.errors;
  const param = first ? paramOf(first.pointer) : null;
  // The envelope has no list: what is wrong where is said in words.
  const details = error.errors.map(({ pointer, message }) => `${paramOf(pointer)}: ${message}`).join('; ');
  const says = details === '' || error.message.includes(first!.message) ? '' : ` (${details})`;
  return {
    error: {
      message: `${error.message}${says}`,
      type: TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param,
      code: codeOf(error, param),
    },
  };
}

function codeOf({ code }: HeddleError, param: string | null): string {
  return code === 'not-found' && param === 'model' ? 'model_not_found' : openaiCodeOf(code);
}

export function openaiCodeOf(code: ErrorCode): string {
  return CODES[code] ?? code.replaceAll('-', '_');
}

/** `/inputs/3` of a job is `input[3]` here. */
function paramOf(pointer: string): string {
  const [name, ...rest] = pointer.replace(/^[/?]/, '').split('/');
  if (name === 'parameters' && rest.length > 0) return PARAMETERS[rest[0]!] ?? rest.join('.');
  return [name === 'inputs' ? 'input' : name, ...rest].reduce<string>(
    (path, part) => (/^\d+$/.test(part!) ? `${path}[${part}]` : path === '' ? part! : `${path}.${part}`),
    '',
  );
}
const PARAMETERS: Record<string, string> = { encoding: 'encoding_format' };
