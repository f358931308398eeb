import { HeddleError } from '@heddle/contracts';

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
/** SQLSTATE classes of a Postgres that is away, overloaded or starting; and of one that is read-only. */
const POSTGRES_AWAY = /^(08|53|57|58)...$|^25006$/;
/** Replies of a Redis that is loading, full, a replica now, or a part of a cluster that is incomplete. */
const REDIS_AWAY = /^(LOADING|OOM|MISCONF|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b/;
/** What ioredis and pg say without a code. */
const AWAY =
  /(Stream isn't writeable|Cluster isn't ready) and enableOfflineQueue|Connection is (closed|ended)|Command timed out|max retries per request|Failed to refresh slots cache|None of startup nodes is available|All sentinels are unreachable|Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/i;

/**
 * Runs `work`; a backend that is away, full or too slow becomes `overloaded`, everything else is a bug and passes through
 * unchanged.
 */
export async function translateErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new HeddleError('overloaded', 'The queue is not available at the moment.', { cause: error });
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (NETWORK_CODES.has(code) || POSTGRES_AWAY.test(code))) return true;
  return REDIS_AWAY.test(error.message) || AWAY.test(error.message);
}
