import { HeddleError } from '@heddle/contracts';
import type { FastifyRequest } from 'fastify';

export type ModelRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

/** The model of a path; with a version behind it, that version. Throws `not-found`. */
export function referenceOf({ params: { model, version } }: ModelRequest): string {
  if (version === undefined) return model;
  if (/^[1-9]\d{0,8}$/.test(version) && !model.includes('@')) return `${model}@${version}`;
  throw new HeddleError('not-found', 'There is no such version.');
}
