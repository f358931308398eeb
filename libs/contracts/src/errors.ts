import { z } from 'zod';

/**
 * The one error table. A code decides status, title and whether a client may retry; everything that can go
 * wrong anywhere in Heddle is one of these codes or a bug (`internal`).
 */
export const ERRORS = {
  'malformed-request': { status: 400, title: 'Malformed request', retryable: false },
  'malformed-json': { status: 400, title: 'Malformed JSON', retryable: false },
  'malformed-multipart': { status: 400, title: 'Malformed multipart body', retryable: false },
  'invalid-query': { status: 400, title: 'Invalid query', retryable: false },
  'invalid-cursor': { status: 400, title: 'Invalid cursor', retryable: false },
  'invalid-idempotency-key': { status: 400, title: 'Invalid Idempotency-Key', retryable: false },
  unauthorized: { status: 401, title: 'Unauthorized', retryable: false },
  forbidden: { status: 403, title: 'Forbidden', retryable: false },
  'not-found': { status: 404, title: 'Not found', retryable: false },
  'method-not-allowed': { status: 405, title: 'Method not allowed', retryable: false },
  'not-acceptable': { status: 406, title: 'Not acceptable', retryable: false },
  'request-timeout': { status: 408, title: 'Request timeout', retryable: true },
  'no-default-version': { status: 409, title: 'No default version', retryable: false },
  'version-not-ready': { status: 409, title: 'Version not ready', retryable: false },
  'version-archived': { status: 409, title: 'Version archived', retryable: false },
  'already-exists': { status: 409, title: 'Already exists', retryable: false },
  'in-use': { status: 409, title: 'In use', retryable: false },
  'webhook-disabled': { status: 409, title: 'Webhook disabled', retryable: false },
  'promotion-blocked': { status: 409, title: 'Promotion blocked', retryable: false },
  'not-terminal': { status: 409, title: 'Not terminal', retryable: false },
  'idempotency-in-progress': { status: 409, title: 'Request in progress', retryable: true },
  'precondition-failed': { status: 412, title: 'Precondition failed', retryable: false },
  'payload-too-large': { status: 413, title: 'Payload too large', retryable: false },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type', retryable: false },
  validation: { status: 422, title: 'Invalid request', retryable: false },
  'invalid-input': { status: 422, title: 'Invalid input', retryable: false },
  'invalid-text': { status: 422, title: 'Invalid text', retryable: false },
  'text-too-long': { status: 422, title: 'Text too long', retryable: false },
  'too-many-inputs': { status: 422, title: 'Too many inputs', retryable: false },
  'output-too-large': { status: 422, title: 'Output too large', retryable: false },
  'task-not-supported': { status: 422, title: 'Task not supported', retryable: false },
  'idempotency-key-reused': { status: 422, title: 'Idempotency-Key reused', retryable: false },
  'webhook-url-invalid': { status: 422, title: 'Webhook URL refused', retryable: false },
  'rate-limited': { status: 429, title: 'Rate limited', retryable: true },
  'quota-exceeded': { status: 429, title: 'Quota exceeded', retryable: true },
  'headers-too-large': { status: 431, title: 'Headers too large', retryable: false },
  internal: { status: 500, title: 'Internal error', retryable: true },
  overloaded: { status: 503, title: 'Overloaded', retryable: true },
  'call-timeout': { status: 504, title: 'Call timed out', retryable: true },
  'storage-full': { status: 507, title: 'Storage full', retryable: false },

  // A process that cannot start; no request is answered with these.
  'wrong-schema': { status: 503, title: 'Wrong database schema', retryable: false },
  'redis-evicts-keys': { status: 503, title: 'Redis evicts keys', retryable: false },
  'artifacts-unavailable': { status: 503, title: 'Artefact store unavailable', retryable: false },
  'provider-unavailable': { status: 503, title: 'Execution provider unavailable', retryable: false },

  // Model import: the codes name which part of a checkpoint was refused.
  'not-a-checkpoint': { status: 422, title: 'Not a checkpoint', retryable: false },
  'invalid-config': { status: 422, title: 'Invalid model configuration', retryable: false },
  'unsupported-architecture': { status: 422, title: 'Unsupported architecture', retryable: false },
  'invalid-weights': { status: 422, title: 'Invalid weights', retryable: false },
  'unsupported-weights': { status: 422, title: 'Unsupported weight format', retryable: false },
  'unsafe-pickle': { status: 422, title: 'Unsafe pickle', retryable: false },
  'unsafe-path': { status: 422, title: 'Unsafe path', retryable: false },
  'unsafe-archive': { status: 422, title: 'Unsafe or malformed archive', retryable: false },
  'archive-limits': { status: 422, title: 'Archive too large', retryable: false },
  'missing-tensors': { status: 422, title: 'Missing or mis-shaped tensors', retryable: false },
  'model-nonfinite': { status: 422, title: 'Non-finite weights', retryable: false },
  'unsupported-tokenizer': { status: 422, title: 'Unsupported tokenizer', retryable: false },
  'import-limits': { status: 422, title: 'Import limits exceeded', retryable: false },
  'quality-loss': { status: 422, title: 'Quality loss', retryable: false },
  'artifact-corrupt': { status: 422, title: 'Corrupt model artefact', retryable: false },

  // Items of a job: one bad item never spoils its neighbours.
  'input-too-long': { status: 422, title: 'Input too long', retryable: false },
  'no-mask-token': { status: 422, title: 'No mask token', retryable: false },
  'tokenizer-error': { status: 422, title: 'Tokenizer error', retryable: false },
  'non-finite-output': { status: 500, title: 'Non-finite output', retryable: false },

  // Lines of a batch's file, and the file as a whole.
  'empty-file': { status: 422, title: 'Empty file', retryable: false },
  'not-utf8': { status: 422, title: 'Not UTF-8', retryable: false },
  'too-many-lines': { status: 422, title: 'Too many lines', retryable: false },
  'duplicate-custom-id': { status: 422, title: 'Duplicate custom_id', retryable: false },
  'invalid-url': { status: 422, title: 'Wrong endpoint', retryable: false },
  'line-too-long': { status: 422, title: 'Line too long', retryable: false },
  canceled: { status: 409, title: 'Canceled', retryable: false },
  'batch-expired': { status: 504, title: 'Batch expired', retryable: true },

  // Whole jobs.
  'all-items-failed': { status: 422, title: 'Every item failed', retryable: false },
  'attempts-exhausted': { status: 500, title: 'Attempts exhausted', retryable: true },
  'worker-crashed': { status: 500, title: 'Worker crashed', retryable: false },
  'inference-timeout': { status: 504, title: 'Inference timeout', retryable: true },
  'model-unavailable': { status: 503, title: 'Model unavailable', retryable: true },
  'deadline-exceeded': { status: 504, title: 'Deadline exceeded', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;
export const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** One wrong place in a request: an RFC 6901 pointer into the body, or `?name` for a query parameter. */
export const fieldError = z
  .strictObject({ pointer: z.string(), code: z.string(), message: z.string() })
  .meta({
    id: 'FieldError',
    description:
      'One wrong place in a request: an RFC 6901 pointer into the body, or `?name` of a query parameter.',
  });
export type FieldError = z.infer<typeof fieldError>;

/** How many field errors one problem lists at most; a body with more is wrong enough. */
export const MAX_FIELD_ERRORS = 50;

export interface HeddleErrorOptions {
  cause?: unknown;
  errors?: FieldError[];
  /** Additional members of the problem document or item error, e.g. `required_scope`, `max`, `actual`. */
  extra?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An expected error. `detail` is shown to users: no SQL, no file paths of the server, no texts of others. */
export class HeddleError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, detail: string, options: HeddleErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HeddleError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** RFC 9457 problem document as every native route answers it. */
export const problem = z
  .looseObject({
    type: z.string().describe('Address of a page that says what the code means.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    instance: z.string().describe('Path of the request.'),
    code: errorCode,
    retryable: z.boolean().describe('Whether the same request may succeed later.'),
    request_id: z.string(),
    errors: z.array(fieldError).max(MAX_FIELD_ERRORS).exactOptional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. Members beside these say more of some codes.' });
export type Problem = z.infer<typeof problem>;
