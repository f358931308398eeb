import { LIMITS, type Page } from '@heddle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cursors } from './cursor.js';

/** A page of rows, newest first. `load` gets one more than is shown, which tells whether there is a next page. */
export async function pageOf<Row extends { id: string }, Shown>(
  cursors: Cursors,
  listing: string,
  { limit, cursor }: { limit: number; cursor?: string },
  load: (page: { before: string | null; limit: number }) => Promise<Row[]>,
  view: (row: Row) => Shown,
): Promise<Page<Shown>> {
  const rows = await load({ before: beforeOf(cursors, listing, cursor), limit: limit + 1 });
  return shownPage(cursors, listing, { rows: rows.slice(0, limit), more: rows.length > limit }, view);
}

/** As `pageOf`, of rows that may be large: a page ends early, with a cursor, where they reach `LIMITS.maxPageBytes`. */
export async function largePageOf<Row extends { id: string }, Shown>(
  cursors: Cursors,
  listing: string,
  { limit, cursor }: { limit: number; cursor?: string },
  load: (page: {
    before: string | null;
    limit: number;
    maxBytes: number;
  }) => Promise<{ rows: Row[]; more: boolean }>,
  view: (row: Row) => Shown,
): Promise<Page<Shown>> {
  const before = beforeOf(cursors, listing, cursor);
  return shownPage(cursors, listing, await load({ before, limit, maxBytes: LIMITS.maxPageBytes }), view);
}

/** The id that the page before ended with; null on the first page. Throws `invalid-cursor`. */
function beforeOf(cursors: Cursors, listing: string, cursor: string | undefined): string | null {
  return cursor === undefined ? null : cursors.decode(listing, cursor);
}

/** Rows as a page; `more` says whether there are rows behind them. */
function shownPage<Row extends { id: string }, Shown>(
  cursors: Cursors,
  listing: string,
  { rows, more }: { rows: Row[]; more: boolean },
  view: (row: Row) => Shown,
): Page<Shown> {
  return {
    data: rows.map(view),
    next_cursor: more ? cursors.encode(listing, rows.at(-1)!.id) : null,
  };
}

/** `Link: <…>; rel="next"`: the same list from `cursor` on. */
export function linkToNext(request: FastifyRequest, reply: FastifyReply, cursor: string): void {
  const next = new URL(request.url, 'http://relative');
  next.searchParams.set('cursor', cursor);
  void reply.header('link', `<${next.pathname}${next.search}>; rel="next"`);
}
