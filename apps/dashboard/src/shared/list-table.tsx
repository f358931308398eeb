import type { ReactNode } from 'react';
import { type Column, DataTable } from './data-table.js';
import { Loaded } from './loaded.js';
import { More } from './more.js';
import type { useList } from './use-list.js';

interface ListTableProps<Row extends object> {
  label: string;
  list: ReturnType<typeof useList<Row>>;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  empty: ReactNode;
}

/** A list of the API as a table, with a button for more of it. */
export function ListTable<Row extends object>({ label, list, columns, keyOf, empty }: ListTableProps<Row>) {
  const { query, rows } = list;
  return (
    <Loaded query={query} isEmpty={() => rows.length === 0} empty={empty}>
      {() => (
        <>
          <DataTable label={label} rows={rows} columns={columns} keyOf={keyOf} />
          <More query={query} />
        </>
      )}
    </Loaded>
  );
}
