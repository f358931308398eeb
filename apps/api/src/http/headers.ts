import { HeddleError, LIMITS, newUuid, toPublicId } from '@heddle/contracts';
import type { FastifyInstance } from 'fastify';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The client's request id when it is plain, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : toPublicId('request', newUuid());
}

/** Version, trace, parent and flags; versions after 00 may say more. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** W3C's `traceparent`, in its version 00 and with the one flag of that; null where it is not valid. */
export function traceparentOf(header: string | string[] | undefined): string | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  if (!match) return null;
  const [, version, trace, parent, flags, more] = match;
  const isNone = version === 'ff' || /^0+$/.test(trace!) || /^0+$/.test(parent!);
  if (isNone || (version === '00' && more !== undefined)) return null;
  return `00-${trace}-${parent}-0${Number.parseInt(flags!, 16) & 1}`;
}

/** Headers of every response, errors included. */
export function addCommonHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    done();
  });
}

/**
 * Seconds of `Prefer: wait`, 0 without; syntax errors are ignored (RFC 7240). Bare `wait` is the longest, and so is any
 * longer one.
 */
export function preferredWaitS(header: string | string[] | undefined): number {
  for (const preference of [header ?? ''].flat().join(',').split(',')) {
    const match = /^\s*wait\s*(?:=\s*"?(\d+)"?\s*)?(?:;.*)?$/i.exec(preference);
    if (match) return Math.min(match[1] === undefined ? LIMITS.maxWaitS : Number(match[1]), LIMITS.maxWaitS);
  }
  return 0;
}

/** Headers of an answer that may have waited; `waitS`: the wait that was granted. */
export function waitHeaders(waitS: number): Record<string, string> {
  return waitS > 0 ? { vary: 'Prefer', 'preference-applied': `wait=${waitS}` } : { vary: 'Prefer' };
}

/** The key of `Idempotency-Key`, quoted (RFC 8941 string) or bare; null without. Throws `invalid-idempotency-key`. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const quoted = typeof header === 'string' ? /^"((?:[^"\\]|\\["\\])*)"$/.exec(header) : null;
  const key = quoted ? quoted[1]!.replaceAll(/\\(["\\])/g, '$1') : header;
  const half = !quoted && typeof key === 'string' && key.startsWith('"');
  if (
    typeof key !== 'string' ||
    half ||
    !VISIBLE_ASCII.test(key) ||
    key.length > LIMITS.maxIdempotencyKeyChars
  ) {
    throw new HeddleError(
      'invalid-idempotency-key',
      `Idempotency-Key must be 1 to ${LIMITS.maxIdempotencyKeyChars} visible ASCII characters.`,
    );
  }
  return key;
}
