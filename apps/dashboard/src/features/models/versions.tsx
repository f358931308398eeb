import type { Version } from '@heddle/client';
import { Progress, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { Confirm } from '../../shared/confirm.js';
import type { Column } from '../../shared/data-table.js';
import { formatBytes, formatCount } from '../../shared/format.js';
import { Json } from '../../shared/json.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { Report } from './report.js';

const COLUMNS: readonly Column<Version>[] = [
  { title: 'Version', numeric: true, cell: ({ number }) => number },
  { title: 'Status', cell: (version) => <Status version={version} /> },
  { title: 'Family', cell: ({ family }) => family ?? '–' },
  { title: 'Precision', cell: ({ precision }) => precision },
  { title: 'Parameters', numeric: true, cell: ({ parameters_count }) => formatCount(parameters_count) },
  { title: 'Size', numeric: true, cell: ({ bytes }) => formatBytes(bytes) },
  { title: 'Tasks', cell: ({ tasks }) => tasks?.join(', ') ?? '–' },
  { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
  {
    title: 'Report',
    cell: ({ report, labels, sha256, notes }) => (
      <details>
        <summary>Show</summary>
        {notes !== '' && <Text size="sm">{notes}</Text>}
        {report && <Report report={report} />}
        <Json value={{ labels, sha256 }} />
      </details>
    ),
  },
];

export function Versions({ model, mayChange }: { model: string; mayChange: boolean }) {
  const list = useList({
    key: ['versions', model],
    page: (cursor, signal) => client.versions.list(model, { limit: 50 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  const columns = mayChange
    ? [
        ...COLUMNS,
        { title: 'Operation', cell: (version: Version) => <Remove model={model} version={version} /> },
      ]
    : COLUMNS;
  return (
    <ListTable
      label="Versions"
      list={list}
      columns={columns}
      keyOf={({ id }) => id}
      empty={<Nothing title="There are no versions yet" />}
    />
  );
}

function Status({ version: { status, progress, error } }: { version: Version }) {
  return (
    <>
      <StatusBadge status={status} />
      {progress && <Progress value={progress.percent} aria-label={progress.stage} mt={4} />}
      {error && (
        <Text size="xs" c="red">
          {error.code}: {error.message}
        </Text>
      )}
    </>
  );
}

function Remove({ model, version: { number } }: { model: string; version: Version }) {
  const queries = useQueryClient();
  return (
    <Confirm
      verb="Delete"
      title={`Delete ${model}@${number}?`}
      run={() =>
        client.versions
          .delete(model, number)
          .then(() => queries.invalidateQueries({ queryKey: ['versions', model] }))
      }
    >
      It is gone for ever. One that an alias or an unfinished job needs stays.
    </Confirm>
  );
}
