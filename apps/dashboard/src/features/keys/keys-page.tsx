import type { ApiKey } from '@heddle/client';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useSession } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { NewKey } from './new-key.js';

export function KeysPage() {
  const list = useList({
    key: ['keys'],
    page: (cursor, signal) => client.keys.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page title="Keys" about="API keys of this tenant.">
      <NewKey />
      <ListTable
        label="Keys"
        list={list}
        keyOf={({ id }) => id}
        empty={<Nothing title="There are no keys" />}
        columns={[
          { title: 'Name', cell: ({ name }) => name },
          { title: 'Begins with', cell: ({ prefix }) => <code>{prefix}</code> },
          { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') },
          {
            title: 'Requests a minute',
            numeric: true,
            cell: ({ rate_limit_per_min }) => rate_limit_per_min ?? 'any',
          },
          { title: 'Last used', cell: ({ last_used_at }) => <When at={last_used_at} /> },
          { title: 'Ends', cell: ({ expires_at }) => <When at={expires_at} /> },
          { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
          { title: 'Operation', cell: (key) => <DeleteKey apiKey={key} /> },
        ]}
      />
    </Page>
  );
}

function DeleteKey({ apiKey: { id, name } }: { apiKey: ApiKey }) {
  const queries = useQueryClient();
  const isOwn = useSession().key.id === id;
  return (
    <Confirm
      verb="Delete"
      title={`Delete the key ${name}?`}
      run={() => client.keys.delete(id).then(() => queries.invalidateQueries({ queryKey: ['keys'] }))}
    >
      Requests with it are refused within a second, for ever.
      {isOwn && <b> You are signed in with it, and will be signed out.</b>}
    </Confirm>
  );
}
