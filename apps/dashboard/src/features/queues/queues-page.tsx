import type { Queue } from '@heddle/client';
import { Badge } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { formatCount, formatDuration, formatRate } from '../../shared/format.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';

const inMs = (s: number | null) => (s === null ? null : s * 1000);

const COLUMNS: readonly Column<Queue>[] = [
  {
    title: 'Version',
    cell: ({ model, version_number, paused }) => (
      <>
        {model}@{version_number} {paused && <Badge color="orange">paused</Badge>}
      </>
    ),
  },
  { title: 'Queued', numeric: true, cell: ({ queued }) => formatCount(queued) },
  {
    title: 'By priority',
    cell: ({ queued_by_priority }) =>
      Object.entries(queued_by_priority)
        .filter(([, count]) => count > 0)
        .map(([priority, count]) => `${priority} ${formatCount(count)}`)
        .join(', '),
  },
  { title: 'Tokens', numeric: true, cell: ({ queued_tokens }) => formatCount(queued_tokens) },
  { title: 'Running', numeric: true, cell: ({ running }) => formatCount(running) },
  { title: 'Oldest', numeric: true, cell: ({ oldest_age_s }) => formatDuration(inMs(oldest_age_s)) },
  { title: 'Tokens a second', numeric: true, cell: ({ tokens_per_s }) => formatRate(tokens_per_s) },
  { title: 'Done in', numeric: true, cell: ({ eta_s }) => formatDuration(inMs(eta_s)) },
  {
    title: 'Workers',
    numeric: true,
    cell: ({ workers, desired_workers }) => `${workers} of ${desired_workers} desired`,
  },
];

export function QueuesPage() {
  const mayOperate = useMay('operate');
  const list = useList({
    key: ['queues'],
    page: (cursor, signal) => client.queues.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  const columns = mayOperate
    ? [...COLUMNS, { title: 'Operation', cell: (queue: Queue) => <PauseOrResume queue={queue} /> }]
    : COLUMNS;
  return (
    <Page title="Queues" about="What waits for each version.">
      <ListTable
        label="Queues"
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<Nothing title="There is no version yet" />}
      />
    </Page>
  );
}

function PauseOrResume({ queue: { id, model, version_number, paused } }: { queue: Queue }) {
  const queries = useQueryClient();
  const name = `${model}@${version_number}`;
  const change = (to: 'pause' | 'resume') => () =>
    client.queues[to](id).then(() => queries.invalidateQueries({ queryKey: ['queues'] }));
  if (paused)
    return (
      <Confirm verb="Resume" title={`Resume ${name}?`} run={change('resume')} danger={false}>
        Workers take its jobs again.
      </Confirm>
    );
  return (
    <Confirm verb="Pause" title={`Pause ${name}?`} run={change('pause')}>
      Jobs are accepted on and stay queued until it is resumed, or until their deadline.
    </Confirm>
  );
}
