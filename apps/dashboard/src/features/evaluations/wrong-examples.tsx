import type { EvaluationItem } from '@heddle/client';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import type { Column } from '../../shared/data-table.js';
import { formatScore } from '../../shared/format.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { predictionText } from './prediction-text.js';
import { answerText } from './worst-examples.js';

const COLUMNS: readonly Column<EvaluationItem>[] = [
  { title: 'Line', numeric: true, cell: ({ line }) => line },
  { title: 'Loss', numeric: true, cell: ({ loss }) => formatScore(loss) },
  { title: 'Expected', cell: ({ expected }) => predictionText(expected) },
  { title: 'Predicted', cell: answerText },
];
const WITH_BASELINE: readonly Column<EvaluationItem>[] = [
  ...COLUMNS,
  {
    title: 'Baseline',
    cell: ({ baseline }) => baseline?.error?.code ?? predictionText(baseline?.predicted),
  },
];

/** Examples that the version got wrong, in the order of the data set. */
export function WrongExamples({ id, compared }: { id: string; compared: boolean }) {
  const list = useList({
    key: ['evaluation', id, 'wrong'],
    page: (cursor, signal) =>
      client.evaluations.items(id, { correct: 'false', limit: 20 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Section title="Wrong examples">
      <ListTable
        label="Wrong examples"
        list={list}
        columns={compared ? WITH_BASELINE : COLUMNS}
        keyOf={({ index }) => String(index)}
        empty={<Nothing title="None is wrong, or the task does not say" />}
      />
    </Section>
  );
}
