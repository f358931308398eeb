import type { EvaluationItem } from '@heddle/client';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import type { Column } from '../../shared/data-table.js';
import { formatScore } from '../../shared/format.js';
import { Json } from '../../shared/json.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';

const COLUMNS: readonly Column<EvaluationItem>[] = [
  { title: 'Line', numeric: true, cell: ({ line }) => line },
  { title: 'Loss', numeric: true, cell: ({ loss }) => formatScore(loss) },
  { title: 'Expected', cell: ({ expected }) => <Json value={expected} /> },
  { title: 'Predicted', cell: ({ predicted, error }) => <Json value={error ?? predicted} /> },
];

/** Examples that the version got wrong, in the order of the data set; the worst by loss are named. */
export function WrongExamples({
  id,
  worst,
}: {
  id: string;
  worst: readonly { index: number; loss: number }[];
}) {
  const list = useList({
    key: ['evaluation', id, 'wrong'],
    page: (cursor, signal) =>
      client.evaluations.items(id, { correct: 'false', limit: 20 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Section title="Wrong examples">
      {worst.length > 0 && (
        <p>
          Worst by loss (place in the data set):{' '}
          {worst.map(({ index, loss }) => `${index} (${formatScore(loss)})`).join(', ')}
        </p>
      )}
      <ListTable
        label="Wrong examples"
        list={list}
        columns={COLUMNS}
        keyOf={({ index }) => String(index)}
        empty={<Nothing title="None is wrong, or the task does not say" />}
      />
    </Section>
  );
}
