import type { AuditEntry } from '@heddle/client';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import type { Column } from '../../shared/data-table.js';
import { Json } from '../../shared/json.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'When', cell: ({ at }) => <When at={at} exact /> },
  { title: 'Who', cell: ({ actor }) => actor.name },
  { title: 'Did', cell: ({ action }) => action },
  { title: 'To', cell: ({ object }) => <code>{object}</code> },
  { title: 'Tenant', cell: ({ tenant }) => tenant },
  {
    title: 'Change',
    cell: ({ before, after }) => (
      <details>
        <summary>Before and after</summary>
        <Json value={{ before, after }} />
      </details>
    ),
  },
  { title: 'Request', cell: ({ request_id }) => <code>{request_id ?? ''}</code> },
];

export function AuditPage() {
  const [object, setObject] = useState('');
  const list = useList({
    key: ['audit', object],
    page: (cursor, signal) =>
      client.audit.list({ limit: 50, ...(object === '' ? {} : { object }) }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page title="Audit" about="What was changed, by whom.">
      <TextInput
        label="Object"
        placeholder="mdl_…, key_…, a slug"
        maw={360}
        defaultValue={object}
        onBlur={({ currentTarget }) => setObject(currentTarget.value.trim())}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') setObject(currentTarget.value.trim());
        }}
      />
      <ListTable
        label="Audit"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Nothing title="Nothing was changed" />}
      />
    </Page>
  );
}
