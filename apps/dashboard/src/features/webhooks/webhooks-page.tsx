import type { Webhook } from '@heddle/client';
import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { NewWebhook } from './new-webhook.js';

const COLUMNS: readonly Column<Webhook>[] = [
  {
    title: 'Address',
    cell: ({ id, url }) => (
      <TextLink to="/webhooks/$id" params={{ id }}>
        {url}
      </TextLink>
    ),
  },
  { title: 'About', cell: ({ description }) => description },
  {
    title: 'Status',
    cell: ({ enabled, disabled_reason }) => (
      <StatusBadge status={enabled ? 'enabled' : `disabled: ${disabled_reason ?? 'manual'}`} />
    ),
  },
  { title: 'Events', cell: ({ events }) => events.join(', ') },
  { title: 'Failures in a row', numeric: true, cell: ({ consecutive_failures }) => consecutive_failures },
  { title: 'Last success', cell: ({ last_success_at }) => <When at={last_success_at} /> },
  { title: 'Last failure', cell: ({ last_failure_at }) => <When at={last_failure_at} /> },
];

export function WebhooksPage() {
  const mayManage = useMay('manage');
  const list = useList({
    key: ['webhooks'],
    page: (cursor, signal) => client.webhooks.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  const columns = mayManage
    ? [...COLUMNS, { title: 'Operation', cell: (webhook: Webhook) => <Change webhook={webhook} /> }]
    : COLUMNS;
  return (
    <Page title="Webhooks" about="Endpoints that are told of events.">
      {mayManage && <NewWebhook />}
      <ListTable
        label="Webhooks"
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<Nothing title="There are no endpoints" />}
      />
    </Page>
  );
}

function Change({ webhook: { id, url, enabled } }: { webhook: Webhook }) {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ['webhooks'] });
  const switching = useMutation({
    mutationFn: () => client.webhooks.update(id, { enabled: !enabled }),
    onSettled: again,
  });
  return (
    <Group gap={4} wrap="nowrap">
      <Button size="xs" variant="default" loading={switching.isPending} onClick={() => switching.mutate()}>
        {enabled ? 'Disable' : 'Enable'}
      </Button>
      <Confirm verb="Delete" title="Delete this endpoint?" run={() => client.webhooks.delete(id).then(again)}>
        {url} is told of nothing more.
      </Confirm>
    </Group>
  );
}
