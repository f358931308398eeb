import type { Environment } from '@heddle/config';
import type { FastifyRequest } from 'fastify';

/**
 * Address of the api as the client knows it, for absolute URLs: as it is set, else as the request was sent; empty where that
 * named no host, so that what follows is a path.
 */
export function baseUrlOf(env: Environment, { protocol, headers: { host } }: FastifyRequest): string {
  return env.HEDDLE_PUBLIC_URL ?? (host ? `${protocol}://${host}` : '');
}
