import { LIMITS } from '@heddle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const LIMIT_HELP = `1 to ${LIMITS.maxPageSize}`;

/** The `limit` of a list, or null when it is none. */
export function parseLimit(value: string): number | null {
  const limit = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  return limit >= 1 && limit <= LIMITS.maxPageSize ? limit : null;
}

/** `Link: <…>; rel="next"`: the same list from `cursor` on. */
export function linkToNext(request: FastifyRequest, reply: FastifyReply, cursor: string): void {
  const next = new URL(request.url, 'http://relative');
  next.searchParams.set('cursor', cursor);
  void reply.header('link', `<${next.pathname}${next.search}>; rel="next"`);
}
