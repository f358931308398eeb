import type { Database } from './database.js';

/** Where a page begins and ends. */
export interface PageRange {
  /** The id that the page before ended with. */
  before: string | null;
  /** The rows on the other side of `before`, newer ones, the nearest first. */
  backwards?: boolean;
  limit: number;
  /** Bytes that the large parts of the rows may have together; the first row is shown whatever its size. */
  maxBytes: number;
}

/** Rows of a page, newest first unless it was read backwards. */
export interface MeasuredPage<Row> {
  rows: Row[];
  /** There are older rows; newer ones, where it was read backwards. */
  more: boolean;
}

export interface PageQuery {
  /** SELECT of the ids that fit the filter, in the order of the page, without a limit. */
  ids: string;
  /** Tables and columns whose JSON may be large: `FROM … WHERE key = id`. */
  large: { column: string; table: string; key: string }[];
  /** SELECT of all rows, with their `id`. */
  rows: string;
  parameters: unknown[];
}

/** Asked before something large is read, with its bytes as JSON: resolves when there is room for it, or throws. */
export type Admit = (bytes: number) => Promise<void>;

/** What is read without asking: about what an answer costs anyway. */
export const UNASKED_BYTES = 256 * 1024;

/** SQL: the direction of a page's ids. */
export function orderOf({ backwards = false }: Pick<PageRange, 'backwards'>): 'ASC' | 'DESC' {
  return backwards ? 'ASC' : 'DESC';
}

/** SQL: how an id of a page compares with `before`. */
export function besideOf({ backwards = false }: Pick<PageRange, 'backwards'>): '<' | '>' {
  return backwards ? '>' : '<';
}

/**
 * A page that ends early where one more row would make it larger than it may be. Sizes are added up row by row, so that
 * Postgres unpacks at most one row more than it answers with, and nothing large leaves it that is not shown.
 */
export async function measuredPage<Row>(
  database: Database,
  { ids, large, rows, parameters }: PageQuery,
  { backwards = false, limit, maxBytes }: PageRange,
  admit: Admit = async () => undefined,
  /** Chooses the ids. */
  chooser: Database = database,
): Promise<MeasuredPage<Row>> {
  const bytes = large
    .map(
      ({ column, table, key }) =>
        `coalesce((SELECT octet_length(${column}::text)::bigint FROM ${table} WHERE ${key} = found.id), 0)`,
    )
    .join(' + ');
  const most = `$${parameters.length + 1}::int`;
  const budget = `$${parameters.length + 2}::bigint`;
  const measured = await chooser.query<{ id: string; bytes: number; found: number }>(
    `WITH RECURSIVE found AS MATERIALIZED (
       SELECT id, row_number() OVER (ORDER BY id ${orderOf({ backwards })}) AS place FROM (${ids} LIMIT ${most} + 1) newest),
     measured AS (
       SELECT id, place, ${bytes} AS bytes FROM found WHERE place = 1
       UNION ALL
       SELECT found.id, found.place, measured.bytes + ${bytes}
         FROM measured JOIN found ON found.place = measured.place + 1
        WHERE measured.bytes <= ${budget} AND found.place <= ${most})
     SELECT id, bytes::float8, (SELECT count(*)::int FROM found) AS found
       FROM measured WHERE place = 1 OR bytes <= ${budget} ORDER BY place`,
    [...parameters, limit, maxBytes],
  );
  const total = measured.at(-1)?.bytes ?? 0;
  if (total > UNASKED_BYTES) await admit(total);
  const page = await database.query<Row>(
    `SELECT page.* FROM (${rows}) page JOIN unnest($1::uuid[]) WITH ORDINALITY AS chosen (id, place) ON chosen.id = page.id
      ORDER BY chosen.place`,
    [measured.map(({ id }) => id)],
  );
  return { rows: page, more: (measured[0]?.found ?? 0) > measured.length };
}
