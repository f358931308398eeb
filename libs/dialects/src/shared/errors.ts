import { ERRORS, type ErrorCode, HeddleError } from '@heddle/contracts';

/** Throws `invalid-input`. `pointer`: where the list is in the request. */
export function refuseNone(list: readonly unknown[], pointer: string): void {
  if (list.length > 0) return;
  const message = 'must not be empty';
  throw new HeddleError('invalid-input', `${pointer.slice(1).replaceAll('/', '.')} ${message}.`, {
    errors: [{ pointer, code: 'empty', message }],
  });
}

const NO_INPUTS = new Set(['/inputs', '/texts', '/documents', '/ids', '/inputs/sentences']);

/** Whether a request asked for nothing at all. */
export function hasNoInputs({ code, errors }: HeddleError): boolean {
  return code === 'invalid-input' && errors.some((one) => one.code === 'empty' && NO_INPUTS.has(one.pointer));
}

/** What a job that could not be run has failed with, while the call itself may have had time left and the instance room. */
const FAILED_JOBS: readonly ErrorCode[] = ['inference-timeout', 'model-unavailable'];

/** Status of an error of a call. */
export function statusOf(code: ErrorCode): number {
  return FAILED_JOBS.includes(code) ? 500 : ERRORS[code].status;
}
