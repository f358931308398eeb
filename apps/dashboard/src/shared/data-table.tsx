import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './data-table.module.css';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  numeric?: boolean;
}

interface DataTableProps<Row> {
  /** What the table shows, for screen readers. */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
}

/** A table that scrolls sideways where it is too wide, with the keyboard too; on a phone, cards. */
export function DataTable<Row>({ label, rows, columns, keyOf }: DataTableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it with the arrow keys
    <section className={styles.scroller} tabIndex={0} aria-label={label}>
      {/* Roles are said outright: as cards, the parts of a table would lose theirs. */}
      <Table
        className={styles.table}
        role="table"
        highlightOnHover
        highlightOnHoverColor="var(--canvas)"
        verticalSpacing="xs"
        horizontalSpacing="md"
        aria-label={label}
      >
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {columns.map(({ title, numeric }) => (
              <Table.Th
                key={title}
                role="columnheader"
                scope="col"
                className={numeric ? styles.numeric : undefined}
              >
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)} role="row">
              {columns.map(({ title, cell, numeric }) => (
                <Table.Td
                  key={title}
                  role="cell"
                  data-title={title}
                  className={numeric ? styles.numeric : undefined}
                >
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
