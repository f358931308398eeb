export { HeddleClient, type RunOptions } from './client.js';
export {
  ApiError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  HeddleError,
  JobFailedError,
  NotFoundError,
  PayloadTooLargeError,
  PreconditionFailedError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnauthorizedError,
  UnexpectedAnswerError,
  ValidationError,
  WaitTimeoutError,
  WebhookVerificationError,
} from './errors.js';
export { type AnswerInfo, answerInfo } from './http/answers.js';
export type { CreateOptions, RequestOptions } from './http/call.js';
export type { FileContent } from './http/content.js';
export type { StreamOptions } from './http/event-stream.js';
export type { FileContents, FileSource } from './http/multipart.js';
export type { Pages } from './http/pages.js';
export type { ClientOptions } from './http/transport.js';
export type { WaitOptions } from './http/until-ended.js';
export type { ChangeAliasOptions } from './resources/aliases.js';
export type { LookOptions } from './resources/batches.js';
export type { DownloadOptions, UploadFields } from './resources/files.js';
export type { GetJobOptions, JobStreamOptions, SubmitOptions, WaitForJobOptions } from './resources/jobs.js';
export type { InputOf, JobOf, OutputOf, ResultOf, Submission, SubmissionOf, Task } from './tasks.js';
export type * from './types.js';
export { type VerifyOptions, verifyWebhook, type WebhookHeaders } from './verify-webhook.js';
