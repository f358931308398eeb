import type { Webhook } from '@heddle/client';
import { Code, Group, Text } from '@mantine/core';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import type { Column } from '../../shared/data-table.js';
import { DialogButton } from '../../shared/dialog-button.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { DefaultSecret } from './default-secret.js';
import { WebhookForm } from './webhook-form.js';

const COLUMNS: readonly Column<Webhook>[] = [
  {
    title: 'Address',
    cell: ({ id, url, description }) => (
      <div>
        <TextLink to="/webhooks/$id" params={{ id }}>
          {url}
        </TextLink>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </div>
    ),
  },
  {
    title: 'Status',
    cell: ({ enabled, disabled_reason }) => (
      <StatusBadge status={enabled ? 'enabled' : `disabled: ${disabled_reason ?? 'manual'}`} />
    ),
  },
  {
    title: 'Events',
    cell: ({ events }) => (
      <Group gap={4}>
        {events.map((event) => (
          <Code key={event}>{event}</Code>
        ))}
      </Group>
    ),
  },
  { title: 'Failures in a row', numeric: true, cell: ({ consecutive_failures }) => consecutive_failures },
  { title: 'Last success', cell: ({ last_success_at }) => <When at={last_success_at} /> },
  { title: 'Last failure', cell: ({ last_failure_at }) => <When at={last_failure_at} /> },
];

export function WebhooksPage() {
  const list = useList({
    key: ['webhooks'],
    page: (cursor, signal) => client.webhooks.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  const mayManage = useMay('manage');
  return (
    <Page
      title="Webhooks"
      about="Endpoints that are told of events, with requests that are signed."
      actions={
        mayManage && (
          <>
            <DialogButton
              verb="Secret of jobs’ own addresses"
              title="Secret of jobs’ own addresses"
              variant="default"
            >
              {(close) => <DefaultSecret close={close} />}
            </DialogButton>
            <DialogButton verb="New endpoint" title="New endpoint">
              {(close) => <WebhookForm close={close} />}
            </DialogButton>
          </>
        )
      }
    >
      <ListTable
        label="Webhooks"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={
          <Nothing title="There are no endpoints">
            Add one, and what happens to jobs and batches is posted to it.
          </Nothing>
        }
      />
    </Page>
  );
}
