import { HeddleError } from '@heddle/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Cursors } from '../../http/cursor.js';
import { type Query, readQuery } from '../../http/query.js';

/** Of every list. */
const PAGE_SIZE = 100;

export const replicateQuery = z.object({
  cursor: z.string().exactOptional().describe('From `next` of the page before.'),
  back: z.string().exactOptional().describe('From `previous` of the page behind, in place of `cursor`.'),
});

export interface ReplicatePage<Shown> {
  next: string | null;
  previous: string | null;
  results: Shown[];
}

/** Where a page begins, and in which direction it is read. */
interface Range {
  /** Key of the row that it is next to; null: the beginning of the list. */
  before: string | null;
  /** The rows on the other side of that one, the nearest first. */
  backwards: boolean;
  limit: number;
}

/** Rows with what tells them apart in the order of their list, and whether there are more in that direction. */
interface Rows<Row> {
  rows: Row[];
  more: boolean;
}

interface Listing<Row, Shown> {
  /** Whatever the list depends on, its tenant included. */
  name: string;
  cursors: Pick<Cursors, 'encode' | 'decode'>;
  /** Address of the api, as the client knows it. */
  base: string;
  load(range: Range): Promise<Rows<Row>>;
  view(row: Row): Shown | Promise<Shown>;
}

/** A page as its clients know it: they follow `next` and `previous` as they stand. Errors: `invalid-query`, `invalid-cursor`. */
export async function replicatePage<Row extends { id: string }, Shown>(
  request: FastifyRequest<{ Querystring: Query }>,
  { name, cursors, base, load, view }: Listing<Row, Shown>,
): Promise<ReplicatePage<Shown>> {
  const { cursor, back } = readQuery(replicateQuery, request.query);
  if (cursor !== undefined && back !== undefined)
    throw new HeddleError('invalid-query', 'A page has a cursor or a way back, not both.', {
      errors: [{ pointer: '?back', code: 'value', message: 'goes without `cursor`' }],
    });
  const names = { cursor: name, back: `back ${name}` };
  const backwards = back !== undefined;
  const before = backwards
    ? cursors.decode(names.back, back)
    : cursor === undefined
      ? null
      : cursors.decode(names.cursor, cursor);
  const { rows, more } = await load({ before, backwards, limit: PAGE_SIZE });
  const shown = backwards ? rows.toReversed() : rows;
  const [path] = request.url.split('?');
  const url = (way: keyof typeof names, row: Row | undefined) =>
    row ? `${base}${path}?${new URLSearchParams({ [way]: cursors.encode(names[way], row.id) })}` : null;
  return {
    next: backwards || more ? url('cursor', shown.at(-1)) : null,
    previous: (backwards ? more : before !== null) ? url('back', shown[0]) : null,
    results: await Promise.all(shown.map(view)),
  };
}

/** A page of a list that is there as a whole, in its order by `compare`. */
export function pageOfAll<Row extends { id: string }>(
  all: Row[],
  compare: (one: string, other: string) => number,
  { before, backwards, limit }: Range,
): Rows<Row> {
  const sign = backwards ? -1 : 1;
  const behind = all
    .filter(({ id }) => before === null || sign * compare(id, before) > 0)
    .sort((a, b) => sign * compare(a.id, b.id));
  return { rows: behind.slice(0, limit), more: behind.length > limit };
}

/** Names by their characters. */
export function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Ids in the order of their time, the newest first. */
export function newestFirst(one: string, other: string): number {
  return byName(other, one);
}
