import type { Page } from '@heddle/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Of every list. */
export const PAGE_SIZE = 100;

export const replicateQuery = z.object({
  cursor: z.string().exactOptional().describe('From `next` of the page before.'),
});

export interface ReplicatePage<Shown> {
  next: string | null;
  previous: null;
  results: Shown[];
}

/** A page as its clients know it. They follow `next` as it stands, and go forward only. */
export function replicatePage<Shown>(
  base: string,
  request: FastifyRequest,
  { data, next_cursor: cursor }: Page<Shown>,
): ReplicatePage<Shown> {
  const [path] = request.url.split('?');
  const next = cursor && `${base}${path}?${new URLSearchParams({ cursor })}`;
  return { next, previous: null, results: data };
}
