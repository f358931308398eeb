import type { Queue } from '@heddle/client';
import { Badge, Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { formatCount, formatDuration, formatRate } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';

const inMs = (s: number | null) => (s === null ? null : s * 1000);

const COLUMNS: readonly Column<Queue>[] = [
  {
    title: 'Version',
    cell: ({ model, version_number, paused }) => (
      <Group gap="xs" wrap="nowrap">
        <TextLink to="/models/$name" params={{ name: model }}>
          {model}@{version_number}
        </TextLink>
        {paused && <StatusBadge status="paused" />}
      </Group>
    ),
  },
  { title: 'Queued', numeric: true, cell: (queue) => <Queued queue={queue} /> },
  { title: 'Running', numeric: true, cell: ({ running }) => formatCount(running) },
  { title: 'Tokens', numeric: true, cell: ({ queued_tokens }) => formatCount(queued_tokens) },
  { title: 'Oldest', numeric: true, cell: ({ oldest_age_s }) => formatDuration(inMs(oldest_age_s)) },
  { title: 'Tokens a second', numeric: true, cell: ({ tokens_per_s }) => formatRate(tokens_per_s) },
  { title: 'Done in', numeric: true, cell: ({ eta_s }) => formatDuration(inMs(eta_s)) },
  { title: 'Workers', numeric: true, cell: (queue) => <Workers queue={queue} /> },
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
    <Page
      title="Queues"
      about="What waits for each version, and who works on it."
      actions={
        mayOperate && (
          <Button component="a" href="/bull-board/" size="xs" variant="default">
            Dispatch window in bull-board
          </Button>
        )
      }
    >
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

/** How many wait, and how many of them are not of the usual priority. */
function Queued({ queue: { queued, queued_by_priority: by } }: { queue: Queue }) {
  const others = (['high', 'low'] as const).filter((priority) => (by[priority] ?? 0) > 0);
  return (
    <>
      {formatCount(queued)}
      {others.length > 0 && (
        <Text size="xs" c="dimmed">
          {others.map((priority) => `${formatCount(by[priority])} ${priority}`).join(', ')}
        </Text>
      )}
    </>
  );
}

function Workers({ queue: { workers, desired_workers } }: { queue: Queue }) {
  if (workers >= desired_workers) return `${workers} of ${desired_workers} desired`;
  return (
    <Badge variant="light" color="orange" tt="none">
      {workers} of {desired_workers} desired
    </Badge>
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
    <Confirm verb="Pause" title={`Pause ${name}?`} run={change('pause')} danger={false} variant="default">
      Jobs are accepted on and stay queued until it is resumed, or until their deadline.
    </Confirm>
  );
}
