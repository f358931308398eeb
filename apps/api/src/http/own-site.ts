import { createHash, timingSafeEqual } from 'node:crypto';
import { CSRF_HEADER, HeddleError } from '@heddle/contracts';
import type { FastifyRequest } from 'fastify';
import { csrfTokenOf } from './session-cookie.js';

const READS = ['GET', 'HEAD'];

/** Throws `forbidden` where a request of that session would change something and does not show that a page of this server sent it. */
export function assertOwnWrite(request: FastifyRequest, secret: string): void {
  if (READS.includes(request.method)) return;
  assertOwnSite(request);
  const sent = request.headers[CSRF_HEADER];
  if (typeof sent === 'string' && isSame(sent, csrfTokenOf(secret))) return;
  throw new HeddleError(
    'forbidden',
    'A session changes things with its csrf_token in X-CSRF-Token: see GET /v1/session.',
  );
}

/**
 * Throws `forbidden` where a browser says that a page of another site sent the request. `Sec-Fetch-Site` cannot be forged by pages;
 * where browsers leave it out, which they do without TLS, `Origin` names the host of the page.
 */
export function assertOwnSite({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  const isOwn =
    site === undefined
      ? origin === undefined || hostOf(origin) === host?.toLowerCase()
      : site === 'same-origin';
  if (!isOwn) throw new HeddleError('forbidden', 'A page of another site may not ask for this.');
}

/** With the port where it is named; null of what has no host, such as `null`. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host || null : null;
}

/** In a time that says nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
