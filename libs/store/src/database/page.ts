import type { Database } from './database.js';

/** Where a page begins and ends. */
export interface PageRange {
  /** The id that the page before ended with. */
  before: string | null;
  limit: number;
  /** Bytes that the large parts of the rows may have together; the first row is shown whatever its size. */
  maxBytes: number;
}

/** Rows of a page, newest first. */
export interface MeasuredPage<Row> {
  rows: Row[];
  /** There are older rows. */
  more: boolean;
}

export interface PageQuery {
  /** SELECT of the ids that fit the filter, newest first, without a limit. */
  ids: string;
  /** Tables and columns whose JSON may be large: `FROM … WHERE key = id`. */
  large: { column: string; table: string; key: string }[];
  /** SELECT of all rows, with their `id`. */
  rows: string;
  parameters: unknown[];
}

/**
 * A page that ends early where one more row would make it larger than it may be. Sizes are added up row by row, so that
 * Postgres unpacks at most one row more than it answers with, and nothing large leaves it that is not shown.
 */
export async function measuredPage<Row>(
  database: Database,
  { ids, large, rows, parameters }: PageQuery,
  { limit, maxBytes }: PageRange,
): Promise<MeasuredPage<Row>> {
  const bytes = large
    .map(
      ({ column, table, key }) =>
        `coalesce((SELECT octet_length(${column}::text)::bigint FROM ${table} WHERE ${key} = found.id), 0)`,
    )
    .join(' + ');
  const most = `$${parameters.length + 1}::int`;
  const budget = `$${parameters.length + 2}::bigint`;
  const listed = await database.query<Row & { found: number }>(
    `WITH RECURSIVE found AS MATERIALIZED (
       SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM (${ids} LIMIT ${most} + 1) newest),
     measured AS (
       SELECT id, place, ${bytes} AS bytes FROM found WHERE place = 1
       UNION ALL
       SELECT found.id, found.place, measured.bytes + ${bytes}
         FROM measured JOIN found ON found.place = measured.place + 1
        WHERE measured.bytes <= ${budget} AND found.place <= ${most})
     SELECT page.*, (SELECT count(*)::int FROM found) AS found
       FROM (${rows}) page JOIN measured ON measured.id = page.id
      WHERE measured.place = 1 OR measured.bytes <= ${budget} ORDER BY measured.place`,
    [...parameters, limit, maxBytes],
  );
  const more = (listed[0]?.found ?? 0) > listed.length;
  return { rows: listed.map(({ found: _, ...row }) => row as Row), more };
}
