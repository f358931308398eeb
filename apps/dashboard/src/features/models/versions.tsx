import type { Version } from '@heddle/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import type { Column } from '../../shared/data-table.js';
import { formatBytes, formatCount } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { VersionStatus } from './version-status.js';

const COLUMNS: readonly Column<Version>[] = [
  {
    title: 'Version',
    cell: ({ model, number }) => (
      <TextLink to="/models/$name/$number" params={{ name: model, number: String(number) }}>
        {`version ${number}`}
      </TextLink>
    ),
  },
  { title: 'Status', cell: (version) => <VersionStatus version={version} /> },
  { title: 'Family', cell: ({ family }) => family ?? '–' },
  { title: 'Precision', cell: ({ precision }) => precision },
  { title: 'Parameters', numeric: true, cell: ({ parameters_count }) => formatCount(parameters_count) },
  { title: 'Size', numeric: true, cell: ({ bytes }) => formatBytes(bytes) },
  { title: 'Tasks', cell: ({ tasks }) => tasks?.join(', ') ?? '–' },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
];

export function Versions({ model }: { model: string }) {
  const list = useList({
    key: ['versions', model],
    page: (cursor, signal) => client.versions.list(model, { limit: 50 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  const queries = useQueryClient();
  const ready = list.rows.filter(({ status }) => status === 'ready').length;
  // The first version that is ready becomes an alias, and its tasks those of the model.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of them is what there is to look at
  useEffect(() => void queries.invalidateQueries({ queryKey: ['model', model] }), [queries, model, ready]);
  return (
    <ListTable
      label="Versions"
      list={list}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      empty={<Nothing title="There are no versions yet" />}
    />
  );
}
