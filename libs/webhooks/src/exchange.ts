/**
 * Why an attempt failed. `connect-failed` is every connection that was refused, broke or spoke no HTTP, before or
 * after the answer began; `blocked-address` also a URL that the policy refuses.
 */
export type AttemptError =
  | 'timeout'
  | 'connect-failed'
  | 'dns-failed'
  | 'tls-error'
  | 'blocked-address'
  | 'redirect'
  | 'response-too-large'
  | 'http-status';

/** What came of one attempt; it succeeded exactly when `error` is null. */
export interface Exchange {
  /** As received, also where reading the rest failed. */
  statusCode: number | null;
  durationMs: number;
  error: AttemptError | null;
  /** Beginning of the reply's body, at most 1 KiB of UTF-8 without NUL and other control characters. */
  excerpt: string | null;
  /** Seconds that the header `Retry-After` asks for (≥ 0). */
  retryAfterS: number | null;
}
