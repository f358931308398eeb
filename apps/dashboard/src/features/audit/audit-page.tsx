import type { AuditEntry } from '@heddle/client';
import { Badge, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import type { Column } from '../../shared/data-table.js';
import { shortId } from '../../shared/format.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { ACTIONS, type AuditAction } from './actions.js';
import { ChangeList } from './change-list.js';

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    title: 'When',
    cell: ({ at, request_id }) => (
      <div>
        <When at={at} exact />
        {request_id !== null && (
          <Text size="xs" c="dimmed" ff="monospace" title={request_id}>
            {shortId(request_id)}
          </Text>
        )}
      </div>
    ),
  },
  {
    title: 'Who',
    cell: ({ actor }) => (
      <Text size="sm" fw={500}>
        {actor.name}
      </Text>
    ),
  },
  {
    title: 'Did',
    cell: ({ action }) => (
      <Badge variant="light" tt="none" color={/delete|suspend/.test(action) ? 'red' : 'blue'}>
        {action}
      </Badge>
    ),
  },
  { title: 'To', cell: ({ object }) => <code title={object}>{shortId(object)}</code> },
  { title: 'Tenant', cell: ({ tenant }) => tenant },
  { title: 'Change', cell: ({ before, after }) => <ChangeList before={before} after={after} /> },
];

export function AuditPage() {
  const [object, setObject] = useState('');
  const [action, setAction] = useState<AuditAction | ''>('');
  const list = useList({
    key: ['audit', object, action],
    page: (cursor, signal) =>
      client.audit
        .list(
          { limit: 50, ...(object === '' ? {} : { object }), ...(action === '' ? {} : { action }) },
          { signal },
        )
        .page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page title="Audit" about="What was changed, by whom. Entries stay as they are.">
      <Group align="flex-end">
        <TextInput
          label="Object"
          placeholder="mdl_…, key_…, a slug; then Enter"
          w={300}
          maw="100%"
          defaultValue={object}
          onBlur={({ currentTarget }) => setObject(currentTarget.value.trim())}
          onKeyDown={({ key, currentTarget }) => {
            if (key === 'Enter') setObject(currentTarget.value.trim());
          }}
        />
        <NativeSelect
          label="Action"
          value={action}
          data={[{ value: '', label: 'any' }, ...ACTIONS]}
          onChange={({ currentTarget }) => setAction(currentTarget.value as AuditAction | '')}
        />
      </Group>
      <ListTable
        label="Audit"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Nothing title="Nothing of this kind was changed" />}
      />
    </Page>
  );
}
