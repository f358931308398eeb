import type { Worker } from '@heddle/client';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { formatBytes, formatCount, shortId } from '../../shared/format.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';

const COLUMNS: readonly Column<Worker>[] = [
  { title: 'Worker', cell: ({ id }) => <code title={id}>{shortId(id)}</code> },
  { title: 'Host', cell: ({ host }) => host },
  { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { title: 'Device', cell: ({ device, threads }) => `${device}, ${threads} threads` },
  { title: 'Running', numeric: true, cell: ({ jobs_running }) => formatCount(jobs_running) },
  { title: 'Done', numeric: true, cell: ({ jobs_done }) => formatCount(jobs_done) },
  {
    title: 'Loaded versions',
    cell: ({ versions }) =>
      versions.map(({ version, model, rss_bytes }) => (
        <div key={version}>
          {model} ({formatBytes(rss_bytes)})
        </div>
      )),
  },
  { title: 'Heard of', cell: ({ heartbeat_at }) => <When at={heartbeat_at} /> },
  { title: 'Started', cell: ({ started_at }) => <When at={started_at} /> },
  { title: 'Build', cell: ({ build }) => build ?? '' },
  { title: 'Operation', cell: (worker) => <Drain worker={worker} /> },
];

export function WorkersPage() {
  const list = useList({
    key: ['workers'],
    page: (cursor, signal) => client.workers.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  return (
    <Page title="Workers">
      <ListTable
        label="Workers"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Nothing title="There is no worker">Jobs are accepted, and wait until one starts.</Nothing>}
      />
    </Page>
  );
}

function Drain({ worker: { id, host, status } }: { worker: Worker }) {
  const queries = useQueryClient();
  if (status === 'draining' || status === 'lost') return null;
  return (
    <Confirm
      verb="Drain"
      title={`Drain the worker on ${host}?`}
      run={() => client.workers.drain(id).then(() => queries.invalidateQueries({ queryKey: ['workers'] }))}
    >
      It takes no more jobs and ends when those that it holds have ended.
    </Confirm>
  );
}
