import { createHash } from 'node:crypto';

/** Buckets of `isCanaryJob`: one of them more or less is far below what anybody measures. */
const BUCKETS = 2 ** 32;

/**
 * Whether a job goes to the canary of its alias. The same tenant and key (the idempotency key, else the job's UUID) always
 * get the same answer, so a request that is sent again does too; a larger `percent` keeps those of a smaller one.
 */
export function isCanaryJob(tenantId: string, key: string, percent: number): boolean {
  const hash = createHash('sha256').update(`${tenantId} ${key}`).digest();
  return hash.readUInt32BE(0) < (percent / 100) * BUCKETS;
}
