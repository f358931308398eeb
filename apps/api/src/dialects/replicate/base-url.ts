import type { Environment } from '@heddle/config';
import type { FastifyRequest } from 'fastify';

/** Address of the api as the client knows it, for absolute URLs: as it is set, else as the request was sent. */
export function baseUrlOf(env: Environment, request: FastifyRequest): string {
  return env.HEDDLE_PUBLIC_URL ?? `${request.protocol}://${request.headers.host ?? request.hostname}`;
}
