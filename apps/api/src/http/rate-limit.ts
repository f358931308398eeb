import { HeddleError } from '@heddle/contracts';

/** Keys whose requests are counted at most; a key that was not used for longest begins anew beyond. */
const MAX_BUCKETS = 10_000;
/** An empty bucket is full again after it, and then as good as none. */
const WINDOW_S = 60;

interface Bucket {
  tokens: number;
  /** When they were counted, in milliseconds. */
  at: number;
}

/**
 * Requests a minute that a key may make, null for any number. Its own limit, else its tenant's, else the instance's; 0 is
 * none. What an operator set for the tenant is also the most that a key of it has.
 */
export function rateLimitOf(own: number | null, tenant: number | null, instance: number): number | null {
  const asked = (own ?? tenant ?? instance) || Number.POSITIVE_INFINITY;
  const limit = Math.min(asked, tenant || Number.POSITIVE_INFINITY);
  return Number.isFinite(limit) ? limit : null;
}

/** A token bucket per key, or whatever else is counted: it holds a minute's requests and fills evenly. Each process counts for itself. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  /** `refusal` says what one too many is. */
  constructor(
    private readonly refusal = (limit: number) => `This key may make ${limit} requests a minute.`,
  ) {}

  /**
   * Counts a request of a key that may make `limit` a minute. Returns the headers that say what is left; with
   * `exceeded`, the request is one too many, and was not counted.
   */
  take(keyId: string, limit: number): { headers: Record<string, string>; exceeded: HeddleError | null } {
    const now = performance.now();
    const perMs = limit / (WINDOW_S * 1000);
    const known = this.buckets.get(keyId);
    const filled = known ? known.tokens + (now - known.at) * perMs : limit;
    const tokens = Math.min(limit, filled);
    const left = tokens >= 1 ? tokens - 1 : tokens;
    this.put(keyId, { tokens: left, at: now });
    const resetS = Math.ceil((limit - left) / perMs / 1000);
    return {
      headers: {
        'ratelimit-policy': `"default";q=${limit};w=${WINDOW_S}`,
        ratelimit: `"default";r=${Math.floor(left)};t=${resetS}`,
      },
      exceeded: tokens >= 1 ? null : tooMany(this.refusal(limit), Math.ceil((1 - tokens) / perMs / 1000)),
    };
  }

  /** Takes back that a request was counted. */
  giveBack(keyId: string): void {
    const known = this.buckets.get(keyId);
    if (known) known.tokens++;
  }

  private put(keyId: string, bucket: Bucket): void {
    this.buckets.delete(keyId);
    this.buckets.set(keyId, bucket);
    // Maps keep the order of insertion: the first key was not used for longest.
    for (const [oldest, { at }] of this.buckets) {
      if (bucket.at - at < WINDOW_S * 1000 && this.buckets.size <= MAX_BUCKETS) break;
      this.buckets.delete(oldest);
    }
  }
}

function tooMany(refusal: string, retryAfterS: number): HeddleError {
  return new HeddleError('rate-limited', refusal, {
    headers: { 'Retry-After': String(retryAfterS) },
  });
}
