import { HeddleError } from '@heddle/contracts';
import { diskFull, isDiskFull } from '../disk-full.js';
import { absent } from '../key.js';

const RETRY_AFTER_S = 5;
/** Codes of S3, its likes and Node, by what they mean here. */
const ABSENT = new Set(['NoSuchKey', 'NotFound']);
const FULL = new Set(['QuotaExceeded', 'InsufficientCapacity', 'XMinioStorageFull', 'EntityTooLarge']);
const REFUSED = new Set([
  'NoSuchBucket',
  'AccessDenied',
  'Forbidden',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'InvalidBucketName',
  'CredentialsProviderError',
  'AuthorizationHeaderMalformed',
  'PermanentRedirect',
  '301',
]);
const BUSY = new Set(['SlowDown', 'RequestTimeout', 'Throttling', 'ServiceUnavailable', 'InternalError']);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROTO',
  'ERR_STREAM_PREMATURE_CLOSE',
  'TimeoutError',
  'AbortError',
]);
/** Of an answer without a body. */
const NO_CODE = 'Unknown';
/** Of Node's parser, for what is no HTTP. */
const NO_HTTP = /^HPE_/;
const CERTIFICATE = /CERT|UNABLE_TO_VERIFY/;

/** The object was replaced while it was read. */
const CHANGED = 'PreconditionFailed';

/**
 * An error of the S3 client as one of ours: `artifact-corrupt` when the artefact is not there or was replaced,
 * `storage-full`, `overloaded` when the server is away, slow or refuses this process; anything else is a bug.
 * The cause says which answer it was and holds nothing of the request: the client's own errors carry parts of it.
 */
export function translate(error: unknown, sha256: string): unknown {
  if (error instanceof HeddleError) return error;
  const { code, status } = describe(error);
  const cause = causeOf(error);
  if (ABSENT.has(code)) return absent(sha256, cause);
  if (code === CHANGED) {
    return new HeddleError('artifact-corrupt', `Artefact ${sha256} was replaced while it was read.`, {
      cause,
    });
  }
  // The disk that a download is written to.
  if (isDiskFull(error)) return diskFull(cause);
  if (FULL.has(code) || status === 507) {
    return new HeddleError('storage-full', 'The artefact store is full.', { cause });
  }
  if (isRefusal(error)) return overloaded('The artefact store refuses its client.', cause);
  if (isPassing(error)) return overloaded('The artefact store cannot be reached.', cause);
  // Of this machine, such as a file that cannot be read.
  if (status === null) return error;
  return new Error('The artefact store answered what it should not.', { cause });
}

/** Whether trying again may help: the server is away, slow, or asks for patience. */
export function isPassing(error: unknown): boolean {
  const { code, status } = describe(error);
  return BUSY.has(code) || NETWORK.has(code) || status === 429 || (status !== null && status >= 500);
}

/** Whether only an operator can mend it: wrong keys, no such bucket, another region, a server that is no S3. */
export function isRefusal(error: unknown): boolean {
  const { code, status } = describe(error);
  if (status === 401 || status === 403 || status === 301) return true;
  // HEAD has no body to say why: Amazon answers so to a session that has ended, and to another region's.
  if (status === 400 && code === NO_CODE) return true;
  return REFUSED.has(code) || CERTIFICATE.test(code) || NO_HTTP.test(code);
}

/** What happened, without anything of the request. */
export function causeOf(error: unknown): Error {
  const { code, status } = describe(error);
  return new Error(status === null ? code : `${code}, HTTP status ${status}`);
}

function describe(error: unknown): { code: string; status: number | null } {
  const { name, code, $metadata } = error as {
    name?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  // A system error is called Error, and says what it is in its code.
  const word = typeof code === 'string' && code !== '' ? code : (name ?? 'Error');
  return { code: word, status: $metadata?.httpStatusCode ?? null };
}

/** What something between here and the server has taken from an answer, without which no byte can be trusted. */
export function unusableAnswer(what: string): HeddleError {
  return overloaded(`The artefact store answers ${what}.`, new Error(`answered ${what}`));
}

function overloaded(detail: string, cause: Error): HeddleError {
  return new HeddleError('overloaded', detail, { cause, headers: { 'Retry-After': String(RETRY_AFTER_S) } });
}
