/**
 * Hints between processes to look at rows again. Losing one costs a poll interval and nothing else, so no
 * signal carries data beyond ids.
 */
export interface Signals {
  /** Fire and forget: failures are counted by the implementation, never thrown. */
  publish(channel: SignalChannel, payload: string): void;
  /** Resolves once subscribed. The returned function unsubscribes. */
  subscribe(channel: SignalChannel, listener: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * `jobs-submitted`: new rows wait for dispatch (payload: version UUID, or `version/flow`
 *   (`flowKey`), several joined by a comma).
 * `jobs-ended`: jobs reached a terminal state (payload: job UUIDs joined by a comma).
 * `jobs-canceled`: running jobs were canceled or expired (payload: job UUIDs joined by a comma).
 * `imports-submitted`: new versions wait for a worker (payload: version UUIDs joined by a comma).
 * `imports-canceled`: unfinished versions were deleted (payload as above).
 * `batches-submitted`: batches wait for a dispatcher: new ones, or canceled ones (payload: batch UUIDs joined by a comma).
 * `batches-changed`: batches changed their state or got on (payload as above).
 * `batches-ended`: batches reached a terminal state (payload as above).
 * `evaluations-submitted`: evaluations wait for a dispatcher, new ones or canceled ones (payload: evaluation UUIDs joined by a comma).
 * `evaluations-changed`: evaluations changed their state or got on (payload as above).
 * `evaluations-ended`: evaluations reached a terminal state (payload as above).
 * `deliveries-due`: webhooks wait to be sent (no payload).
 * `files-deleted`: bytes may be nobody's any more (no payload).
 * `versions-changed`: versions became ready, failed, were archived or deleted (payload as above).
 */
export type SignalChannel =
  | 'jobs-submitted'
  | 'jobs-ended'
  | 'jobs-canceled'
  | 'imports-submitted'
  | 'imports-canceled'
  | 'batches-submitted'
  | 'batches-changed'
  | 'batches-ended'
  | 'evaluations-submitted'
  | 'evaluations-changed'
  | 'evaluations-ended'
  | 'versions-changed'
  | 'deliveries-due'
  | 'files-deleted';
