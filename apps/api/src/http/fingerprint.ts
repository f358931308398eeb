import { createHash } from 'node:crypto';
import type { Idempotency } from '@heddle/store';

/** The key of a request that creates, with the fingerprint of what it asks for; null without a key. */
export function idempotencyOf(key: string | null, request: unknown): Idempotency | null {
  return key === null ? null : { key, requestHash: fingerprint(request) };
}

/** A text that is the same for equal values, whatever the order of their members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** SHA-256 of the body with sorted keys: the same request however it was spelled. */
function fingerprint(body: unknown): Buffer {
  return sha256(canonicalJson(body));
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Uint8Array) return sha256(value).toString('hex');
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, member]) => [name, sorted(member)]);
}
