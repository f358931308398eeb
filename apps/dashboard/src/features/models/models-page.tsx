import type { Model } from '@heddle/client';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import type { Column } from '../../shared/data-table.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { NewModel } from './new-model.js';

const COLUMNS: readonly Column<Model>[] = [
  {
    title: 'Model',
    cell: ({ name }) => (
      <TextLink to="/models/$name" params={{ name }}>
        {name}
      </TextLink>
    ),
  },
  { title: 'Owner', cell: ({ owner }) => owner },
  { title: 'Tasks', cell: ({ tasks }) => tasks.join(', ') },
  { title: 'Latest version', numeric: true, cell: ({ latest_version }) => latest_version ?? '–' },
  { title: 'Aliases', cell: ({ aliases }) => Object.keys(aliases).sort().join(', ') },
  { title: 'Gates', numeric: true, cell: ({ gates }) => gates.length },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
];

export function ModelsPage() {
  const mayManage = useMay('manage');
  const list = useList({
    key: ['models', 'list'],
    page: (cursor, signal) => client.models.list({ limit: 100 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Page title="Models">
      {mayManage && <NewModel />}
      <ListTable
        label="Models"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Nothing title="There are no models yet" />}
      />
    </Page>
  );
}
