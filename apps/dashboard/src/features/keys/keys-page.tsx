import type { ApiKey } from '@heddle/client';
import { Badge, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { mayAny } from '../../api/scopes.js';
import { useSession } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { DialogButton } from '../../shared/dialog-button.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { KeyForm } from './key-form.js';

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    title: 'Name',
    cell: (key) => (
      <Group gap="xs">
        <Text size="sm" fw={500}>
          {key.name}
        </Text>
        <Notes apiKey={key} />
      </Group>
    ),
  },
  { title: 'Begins with', cell: ({ prefix }) => <code>{prefix}…</code> },
  {
    title: 'Scopes',
    cell: ({ scopes }) => (
      <Group gap={4}>
        {scopes.map((scope) => (
          <Badge key={scope} variant="light" tt="none" color={scope === 'operate' ? 'orange' : 'blue'}>
            {scope}
          </Badge>
        ))}
      </Group>
    ),
  },
  {
    title: 'Requests a minute',
    numeric: true,
    cell: ({ rate_limit_per_min }) => rate_limit_per_min?.toLocaleString('en') ?? 'any number',
  },
  { title: 'Last used', cell: ({ last_used_at }) => <When at={last_used_at} /> },
  { title: 'Ends', cell: ({ expires_at }) => (expires_at === null ? 'never' : <When at={expires_at} />) },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
  {
    title: 'Operation',
    cell: (key) => (
      <Group gap="xs" wrap="nowrap">
        <Rotate apiKey={key} />
        <Revoke apiKey={key} />
      </Group>
    ),
  },
];

export function KeysPage() {
  const list = useList({
    key: ['keys'],
    page: (cursor, signal) => client.keys.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page
      title="Keys"
      about="API keys of this tenant. A secret is shown once, when its key is made."
      actions={
        <DialogButton verb="New key" title="New key">
          {(close) => <KeyForm verb="Make the key" close={close} />}
        </DialogButton>
      }
    >
      <ListTable
        label="Keys"
        list={list}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        empty={<Nothing title="There are no keys" />}
      />
    </Page>
  );
}

function Notes({ apiKey: { id, expires_at } }: { apiKey: ApiKey }) {
  const isOwn = useSession().key.id === id;
  const hasExpired = expires_at !== null && Date.parse(expires_at) <= Date.now();
  return (
    <>
      {isOwn && (
        <Badge variant="outline" tt="none">
          this session’s
        </Badge>
      )}
      {hasExpired && (
        <Badge variant="light" color="red" tt="none">
          expired
        </Badge>
      )}
    </>
  );
}

/** A new key in the place of an old one, which works until somebody revokes it. */
function Rotate({ apiKey }: { apiKey: ApiKey }) {
  const own = useSession().key.scopes;
  if (!apiKey.scopes.every((scope) => mayAny(own, [scope]))) return null;
  return (
    <DialogButton verb="Rotate" title={`A new key for ${apiKey.name}`} size="xs" variant="default">
      {(close) => (
        <KeyForm
          verb="Make the new key"
          like={apiKey}
          close={close}
          then={
            <Text size="sm">
              The old one, <code>{apiKey.prefix}…</code>, works on. Revoke it once nothing uses it any more.
            </Text>
          }
        />
      )}
    </DialogButton>
  );
}

function Revoke({ apiKey: { id, name, prefix } }: { apiKey: ApiKey }) {
  const queries = useQueryClient();
  const isOwn = useSession().key.id === id;
  return (
    <Confirm
      verb="Revoke"
      title={`Revoke the key ${name}?`}
      run={() => client.keys.delete(id).then(() => queries.invalidateQueries({ queryKey: ['keys'] }))}
    >
      Requests with <code>{prefix}…</code> are refused within a second, for ever.
      {isOwn && <b> You are signed in with it, and will be signed out.</b>}
    </Confirm>
  );
}
