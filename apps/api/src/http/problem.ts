import { ERRORS, type ErrorCode, HeddleError, MAX_FIELD_ERRORS, type Problem } from '@heddle/contracts';
import { HttpException } from '@nestjs/common';

/** Problems that have a type of their own everywhere (IANA's registry of HTTP problem types). */
const REGISTERED: Partial<Record<ErrorCode, string>> = {
  'quota-exceeded': 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  overloaded: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
};

/** The problem document of an error (RFC 9457). Only what `HeddleError` was given for users is shown. */
export function toProblem(error: HeddleError, request: { path: string; requestId: string }): Problem {
  const { status, title, retryable } = ERRORS[error.code];
  return {
    type: REGISTERED[error.code] ?? `/problems/${error.code}`,
    title,
    status,
    detail: error.message,
    instance: request.path,
    code: error.code,
    retryable,
    request_id: request.requestId,
    ...error.extra,
    ...(error.errors.length > 0 ? { errors: error.errors.slice(0, MAX_FIELD_ERRORS) } : {}),
  };
}

/** Errors that Fastify raises before a handler runs. */
const FASTIFY_CODES: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported-media-type',
    detail: 'The body must be application/json.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload-too-large',
    detail: 'The body is larger than this server accepts.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed-json',
    detail: 'The body does not have its declared length.',
  },
  FST_ERR_BAD_URL: { code: 'not-found', detail: 'There is nothing at this path.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not-found', detail: 'There is nothing at this path.' },
  FST_ERR_CTP_EMPTY_TYPE: { code: 'unsupported-media-type', detail: 'The body must be application/json.' },
};

/** Errors of a body that broke off or came packed wrongly. */
const BODY_ERRORS = /^(Z_|ECONNRESET|ERR_STREAM_PREMATURE_CLOSE|ECONNABORTED)/;

/** Nest turns some of Fastify's errors into exceptions of its own that only keep the status. */
const HTTP_STATUSES = new Map<number, string>([
  [400, 'FST_ERR_CTP_INVALID_CONTENT_LENGTH'],
  [413, 'FST_ERR_CTP_BODY_TOO_LARGE'],
  [415, 'FST_ERR_CTP_INVALID_MEDIA_TYPE'],
]);

/** Any error as one that may be shown; null when it is a bug. */
export function expectedError(error: unknown): HeddleError | null {
  if (error instanceof HeddleError) return error;
  if (error instanceof HttpException) {
    const known = FASTIFY_CODES[HTTP_STATUSES.get(error.getStatus()) ?? ''];
    return known ? new HeddleError(known.code, known.detail, { cause: error }) : null;
  }
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return null;
  const known = FASTIFY_CODES[code];
  if (known) return new HeddleError(known.code, known.detail, { cause: error });
  if (BODY_ERRORS.test(code))
    return new HeddleError('malformed-json', 'The body is broken off or damaged.', { cause: error });
  return null;
}
