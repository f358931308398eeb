import type { ErrorCode, Job, Problem } from './types.js';

/** Everything that this client throws of its own; what ends a request by an `AbortSignal` is that signal's reason. */
export class HeddleError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** What an answer that refuses says. */
export interface Refusal {
  status: number;
  /** Null where what answered is not Heddle, such as a proxy. */
  problem: Problem | null;
  /** `X-Request-Id` of the answer. */
  requestId: string | null;
  /** Milliseconds that `Retry-After` asks for. */
  retryAfterMs: number | null;
}

/** The server has refused. Which of the classes below it is, the status decides. */
export class ApiError extends HeddleError {
  readonly status: number;
  /** Stable name of the error; null where there is no problem document. */
  readonly code: ErrorCode | null;
  readonly problem: Problem | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor({ status, problem, requestId, retryAfterMs }: Refusal) {
    super(problem ? textOf(problem) : `the server answered ${status}`);
    this.status = status;
    this.code = problem?.code ?? null;
    this.problem = problem;
    this.requestId = problem?.request_id ?? requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** 400: a body, query, cursor or header that cannot be read. */
export class BadRequestError extends ApiError {}
/** 401: no key, or one that is unknown, deleted or expired. */
export class UnauthorizedError extends ApiError {}
/** 403: the key lacks the scope. */
export class ForbiddenError extends ApiError {}
/** 404: there is no such thing for this tenant. */
export class NotFoundError extends ApiError {}
/** 409: a conflict with what is there now. */
export class ConflictError extends ApiError {}
/** 412: `ifMatch` names a state that is no more. */
export class PreconditionFailedError extends ApiError {}
/** 413: more bytes than the server takes. */
export class PayloadTooLargeError extends ApiError {}
/** 422: fields that are wrong; `problem.errors` names them. */
export class ValidationError extends ApiError {}
/** 429: too many requests, or too much in the queue. */
export class RateLimitError extends ApiError {}
/** 5xx. */
export class ServerError extends ApiError {}

const CLASSES: Record<number, new (refusal: Refusal) => ApiError> = {
  400: BadRequestError,
  401: UnauthorizedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  412: PreconditionFailedError,
  413: PayloadTooLargeError,
  422: ValidationError,
  429: RateLimitError,
};

export function apiError(refusal: Refusal): ApiError {
  const Class = CLASSES[refusal.status] ?? (refusal.status >= 500 ? ServerError : ApiError);
  return new Class(refusal);
}

/** No answer, or half of one; `cause` is what the network said. */
export class ConnectionError extends HeddleError {}
/** No answer within `timeoutMs`. */
export class TimeoutError extends ConnectionError {}
/** An answer that Heddle does not give: another program is at this address. */
export class UnexpectedAnswerError extends HeddleError {}

/** What was waited for has not ended within `timeoutMs`, and goes on. */
export class WaitTimeoutError<T = unknown> extends HeddleError {
  /** As it was when it was looked at last. */
  readonly last: T;

  constructor(message: string, last: T) {
    super(message);
    this.last = last;
  }
}

/** `run` had its job end as `failed`, `canceled` or `expired`. */
export class JobFailedError extends HeddleError {
  readonly job: Job;

  constructor(job: Job) {
    super(`${job.id} ${job.status}${job.error ? `: ${job.error.code}: ${job.error.message}` : ''}`);
    this.job = job;
  }
}

/** A webhook's request that is not signed with the secret, or too old. */
export class WebhookVerificationError extends HeddleError {}

function textOf({ code, detail, request_id, errors = [] }: Problem): string {
  const places = errors.map(({ pointer, message }) => `\n  ${pointer}: ${message}`).join('');
  return `${code}: ${detail} (request ${request_id})${places}`;
}
