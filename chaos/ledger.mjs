/** What clients know: every submission under its key, and how it was answered. */
export class Ledger {
  /** By idempotency key: { text, id } of what was accepted. */
  accepted = new Map();
  /** Keys whose last request got no answer, or one that the database gave none: the job may exist or not. */
  ambiguous = new Set();
  /** Ids that somebody tried to cancel. */
  canceled = new Set();
  /** Status codes of all answers, with how often each was seen. */
  statuses = new Map();
  /** Receivers of webhooks that were subscribed to the ends of all these jobs (receiver.mjs). */
  receivers = [];
  /** What no fault excuses. */
  violations = [];

  answered(status, headers, what) {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status >= 500 && !(status === 503 && headers.has('retry-after'))) {
      this.violations.push(`I6: ${what} was answered ${status}`);
    }
  }

  accept(key, text, id) {
    const before = this.accepted.get(key);
    if (before && before.id !== id) this.violations.push(`I3: key ${key} made ${before.id} and ${id}`);
    this.accepted.set(key, { text, id });
    this.ambiguous.delete(key);
  }
}
