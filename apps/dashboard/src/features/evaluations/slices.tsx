import type { Evaluation } from '@heddle/client';
import { DataTable } from '../../shared/data-table.js';
import { formatCount } from '../../shared/format.js';
import { Section } from '../../shared/page.js';

type Result = NonNullable<Evaluation['result']>;

/** The metrics of parts of the data set, by the fields that it names. */
export function Slices({ result: { slices, metrics } }: { result: Result }) {
  const rows = Object.entries(slices).flatMap(([field, values]) =>
    Object.entries(values).map(([value, slice]) => ({ field, value, ...slice })),
  );
  if (rows.length === 0) return null;
  return (
    <Section title="Slices">
      <DataTable
        label="Slices"
        rows={rows}
        keyOf={({ field, value }) => `${field} ${value}`}
        columns={[
          { title: 'Slice', cell: ({ field, value }) => `${field} ${value}` },
          { title: 'Examples', numeric: true, cell: ({ items }) => formatCount(items) },
          ...Object.keys(metrics)
            .sort()
            .map((metric) => ({
              title: metric,
              numeric: true,
              cell: (row: (typeof rows)[number]) => row.metrics[metric]?.toFixed(4) ?? '–',
            })),
        ]}
      />
    </Section>
  );
}
