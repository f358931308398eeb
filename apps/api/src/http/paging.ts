import { type FieldError, HeddleError, isStorableText, LIMITS, type Page } from '@heddle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cursors } from './cursor.js';

export const LIMIT_HELP = `1 to ${LIMITS.maxPageSize}`;

export type Query = Record<string, string | string[] | undefined>;

export const ONCE = 'may stand once';

/** Reads a parameter that may stand once. */
export function single<Target>(
  read: (value: string, target: Target) => string | null,
): (values: string[], target: Target) => string | null {
  return (values, target) => (values.length === 1 ? read(values[0]!, target) : ONCE);
}

/** Takes a parameter's values into the filter; answers what is wrong with them, or null. */
export type FilterReader<Filter> = (values: string[], filter: Filter) => string | null;

export interface PageQuery<Filter> {
  filter: Filter;
  limit: number;
  cursor: string | null;
}

/** Query of a list: `limit`, `cursor` and the filters it knows. Throws `invalid-query` naming every wrong parameter. */
export function parsePageQuery<Filter extends object>(
  query: Query,
  filters: Map<string, FilterReader<Filter>>,
): PageQuery<Filter> {
  const page: PageQuery<Filter> = { filter: {} as Filter, limit: LIMITS.defaultPageSize, cursor: null };
  const errors: FieldError[] = [];
  for (const [name, given] of Object.entries(query)) {
    const message = read(name, [given ?? []].flat(), page, filters);
    if (message !== null) errors.push({ pointer: `?${name.toWellFormed()}`, code: 'value', message });
  }
  if (errors.length > 0)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  return page;
}

/** Throws `invalid-query` when a route that takes no parameters is given any. */
export function refuseQuery(query: Query): void {
  const errors = Object.keys(query).map((name) => ({
    pointer: `?${name.toWellFormed()}`,
    code: 'value',
    message: NO_SUCH_PARAMETER,
  }));
  if (errors.length > 0)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
}
const NO_SUCH_PARAMETER = 'no such parameter';

function read<Filter>(
  name: string,
  values: string[],
  page: PageQuery<Filter>,
  filters: Map<string, FilterReader<Filter>>,
): string | null {
  if (![name, ...values].every(isStorableText)) return 'holds characters that cannot be';
  const filter = filters.get(name);
  if (filter) return filter(values, page.filter);
  if (name !== 'cursor' && name !== 'limit') return NO_SUCH_PARAMETER;
  const [value = ''] = values;
  if (values.length > 1) return ONCE;
  if (name === 'cursor') {
    page.cursor = value;
    return null;
  }
  const limit = parseLimit(value);
  page.limit = limit ?? page.limit;
  return limit === null ? LIMIT_HELP : null;
}

/** A page of rows, newest first. `load` gets one more than is shown, which tells whether there is a next page. */
export async function pageOf<Row extends { id: string }, Shown>(
  cursors: Cursors,
  listing: string,
  { limit, cursor }: { limit: number; cursor: string | null },
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
  { limit, cursor }: { limit: number; cursor: string | null },
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
function beforeOf(cursors: Cursors, listing: string, cursor: string | null): string | null {
  return cursor === null ? null : cursors.decode(listing, cursor);
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
