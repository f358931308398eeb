import type { Delivery } from '@heddle/client';
import { Button, Code } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import type { Column } from '../../shared/data-table.js';
import { formatDuration } from '../../shared/format.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';

const COLUMNS: readonly Column<Delivery>[] = [
  { title: 'Event', cell: ({ event_type }) => event_type },
  { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
  { title: 'Next attempt', cell: ({ next_attempt_at }) => <When at={next_attempt_at} /> },
  { title: 'Attempts', cell: (delivery) => <Attempts delivery={delivery} /> },
];

export function DeliveryLog({ webhook }: { webhook: string }) {
  const mayManage = useMay('manage');
  const list = useList({
    key: ['deliveries', { webhook }],
    page: (cursor, signal) => client.deliveries.list({ webhook, limit: 50 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  const columns = mayManage
    ? [...COLUMNS, { title: 'Operation', cell: (delivery: Delivery) => <Resend id={delivery.id} /> }]
    : COLUMNS;
  return (
    <ListTable
      label="Deliveries"
      list={list}
      columns={columns}
      keyOf={({ id }) => id}
      empty={<Nothing title="Nothing has been sent yet" />}
    />
  );
}

function Attempts({ delivery: { attempt_count, attempts, event, url } }: { delivery: Delivery }) {
  return (
    <details>
      <summary>{attempt_count}</summary>
      <p>
        <code>POST {url}</code>, <code>webhook-id: {event}</code>
      </p>
      <ol>
        {attempts.map(({ number, at, status_code, error, duration_ms, response_excerpt }) => (
          <li key={number} value={number}>
            <When at={at} exact />: {status_code ?? error} after {formatDuration(duration_ms)}
            {response_excerpt && <Code block>{response_excerpt}</Code>}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Resend({ id }: { id: string }) {
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () => client.deliveries.retry(id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <Button
      size="xs"
      variant="default"
      color={sending.isError ? 'red' : undefined}
      loading={sending.isPending}
      onClick={() => sending.mutate()}
    >
      {sending.isError ? 'Refused: try again' : 'Send again'}
    </Button>
  );
}
