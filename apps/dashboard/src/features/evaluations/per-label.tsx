import type { Evaluation } from '@heddle/client';
import { DataTable } from '../../shared/data-table.js';
import { formatCount } from '../../shared/format.js';
import { Section } from '../../shared/page.js';
import { ShareBar } from '../../shared/share-bar.js';

type LabelRow = NonNullable<NonNullable<Evaluation['result']>['per_label']>[number];

/** Precision, recall and F1 of each label. */
export function PerLabel({ rows }: { rows: readonly LabelRow[] }) {
  const bar = (value: number | null) =>
    value === null ? '–' : <ShareBar share={value} text={value.toFixed(3)} />;
  return (
    <Section title="Labels">
      <DataTable
        label="Labels"
        rows={rows}
        keyOf={({ label }) => label}
        columns={[
          { title: 'Label', cell: ({ label }) => label },
          { title: 'Precision', cell: ({ precision }) => bar(precision) },
          { title: 'Recall', cell: ({ recall }) => bar(recall) },
          { title: 'F1', cell: ({ f1 }) => bar(f1) },
          { title: 'Examples', numeric: true, cell: ({ support }) => formatCount(support) },
        ]}
      />
    </Section>
  );
}
