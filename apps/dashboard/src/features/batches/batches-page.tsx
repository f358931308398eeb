import type { Batch } from '@heddle/client';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import type { Column } from '../../shared/data-table.js';
import { formatCount, NOTHING, shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { NewBatch } from './new-batch.js';
import { doneOf } from './progress.js';

const COLUMNS: readonly Column<Batch>[] = [
  {
    title: 'Batch',
    cell: ({ id }) => (
      <TextLink to="/batches/$id" params={{ id }}>
        {shortId(id)}
      </TextLink>
    ),
  },
  { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  {
    title: 'Version',
    cell: ({ model, version_number }) => (model === null ? NOTHING : `${model}@${version_number}`),
  },
  { title: 'Task', cell: ({ task }) => task },
  {
    title: 'Lines done',
    numeric: true,
    cell: (batch) => {
      const { done, total } = doneOf(batch);
      return `${formatCount(done)} of ${formatCount(total)}`;
    },
  },
  { title: 'Problems', numeric: true, cell: ({ error_count }) => formatCount(error_count) },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
];

export function BatchesPage() {
  const mayInfer = useMay('infer');
  const list = useList({
    key: ['batches'],
    page: (cursor, signal) => client.batches.list({ limit: 50 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  return (
    <Page title="Batches" about="Files of requests, one a line.">
      {mayInfer && <NewBatch />}
      <ListTable
        label="Batches"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Nothing title="There are no batches yet" />}
      />
    </Page>
  );
}
