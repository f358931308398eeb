import type { Tenant } from '@heddle/client';
import { Button, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { Confirm } from '../../shared/confirm.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { ProblemAlert } from '../../shared/problem.js';
import { SecretOnce } from '../../shared/secret-once.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';

export function TenantsPage() {
  const list = useList({
    key: ['tenants'],
    page: (cursor, signal) => client.tenants.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page title="Tenants" about="What is one tenant’s, another never sees.">
      <NewTenant />
      <ListTable
        label="Tenants"
        list={list}
        keyOf={({ slug }) => slug}
        empty={<Nothing title="There are no tenants" />}
        columns={[
          { title: 'Slug', cell: ({ slug }) => <code>{slug}</code> },
          { title: 'Name', cell: ({ name }) => name },
          {
            title: 'Status',
            cell: ({ suspended }) => <StatusBadge status={suspended ? 'suspended' : 'active'} />,
          },
          {
            title: 'Requests a minute',
            numeric: true,
            cell: ({ limits }) => limits.rate_limit_per_min ?? 'the instance’s',
          },
          {
            title: 'Queued inputs',
            numeric: true,
            cell: ({ limits }) => limits.max_queued_items_per_tenant ?? 'the instance’s',
          },
          { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
          { title: 'Operation', cell: (tenant) => <Suspend tenant={tenant} /> },
        ]}
      />
    </Page>
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

function NewTenant() {
  const [slug, setSlug] = useState('');
  const [name, setName] = useState('');
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: () => client.tenants.create({ slug, name }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tenants'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="New tenant">
      <Stack gap="sm">
        <Group align="flex-end">
          <TextInput
            label="Slug"
            required
            value={slug}
            onChange={({ currentTarget }) => setSlug(currentTarget.value)}
          />
          <TextInput
            label="Name"
            required
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Button type="submit" loading={making.isPending}>
            Make a tenant
          </Button>
        </Group>
        {making.error && <ProblemAlert error={making.error} />}
        {making.data?.key?.secret && (
          <SecretOnce title={`The first key of ${making.data.name}`} secret={making.data.key.secret} />
        )}
      </Stack>
    </Paper>
  );
}
