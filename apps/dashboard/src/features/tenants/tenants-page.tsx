import type { Tenant } from '@heddle/client';
import { Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { DialogButton } from '../../shared/dialog-button.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { TenantForm } from './tenant-form.js';

const COLUMNS: readonly Column<Tenant>[] = [
  {
    title: 'Tenant',
    cell: ({ slug, name }) => (
      <div>
        <Text size="sm" fw={500}>
          {name}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace">
          {slug}
        </Text>
      </div>
    ),
  },
  { title: 'Status', cell: ({ suspended }) => <StatusBadge status={suspended ? 'suspended' : 'active'} /> },
  {
    title: 'Requests a minute',
    numeric: true,
    cell: ({ limits }) => <Limit value={limits.rate_limit_per_min} />,
  },
  {
    title: 'Queued inputs',
    numeric: true,
    cell: ({ limits }) => <Limit value={limits.max_queued_items_per_tenant} />,
  },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
  {
    title: 'Operation',
    cell: (tenant) => (
      <Group gap="xs" wrap="nowrap">
        <DialogButton verb="Edit" title={`Edit ${tenant.name}`} size="xs" variant="default">
          {(close) => <TenantForm tenant={tenant} close={close} />}
        </DialogButton>
        <Suspend tenant={tenant} />
      </Group>
    ),
  },
];

export function TenantsPage() {
  const list = useList({
    key: ['tenants'],
    page: (cursor, signal) => client.tenants.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page
      title="Tenants"
      about="What is one tenant’s, another never sees."
      actions={
        <DialogButton verb="New tenant" title="New tenant">
          {(close) => <TenantForm close={close} />}
        </DialogButton>
      }
    >
      <ListTable
        label="Tenants"
        list={list}
        keyOf={({ slug }) => slug}
        columns={COLUMNS}
        empty={<Nothing title="There are no tenants" />}
      />
    </Page>
  );
}

function Limit({ value }: { value: number | null }) {
  if (value !== null) return value.toLocaleString('en');
  return (
    <Text size="sm" c="dimmed">
      the instance’s
    </Text>
  );
}

function Suspend({ tenant: { slug, name, suspended } }: { tenant: Tenant }) {
  const queries = useQueryClient();
  const change = () =>
    client.tenants
      .update(slug, { suspended: !suspended })
      .then(() => queries.invalidateQueries({ queryKey: ['tenants'] }));
  if (suspended)
    return (
      <Confirm verb="Resume" title={`Let ${name} in again?`} run={change} danger={false}>
        Its keys work again.
      </Confirm>
    );
  return (
    <Confirm verb="Suspend" title={`Suspend ${name}?`} run={change}>
      Requests with its keys are refused until it is resumed. Nothing is removed.
    </Confirm>
  );
}
