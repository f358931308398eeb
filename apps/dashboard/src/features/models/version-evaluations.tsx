import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { formatCount, formatScore, shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';

/** What the version was measured on. */
export function VersionEvaluations({ model, version }: { model: string; version: string }) {
  const list = useList({
    key: ['evaluations', model, version],
    page: (cursor, signal) => client.evaluations.list({ model, version, limit: 10 }, { signal }).page(cursor),
    everyMs: CALM_MS,
  });
  return (
    <Section title="Evaluations">
      <ListTable
        label="Evaluations of this version"
        list={list}
        keyOf={({ id }) => id}
        columns={[
          {
            title: 'Run',
            cell: ({ id }) => (
              <TextLink to="/evaluations/$id" params={{ id }}>
                {shortId(id)}
              </TextLink>
            ),
          },
          { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
          { title: 'Task', cell: ({ task }) => task },
          { title: 'Examples', numeric: true, cell: ({ result }) => formatCount(result?.items) },
          {
            title: 'Metrics',
            cell: ({ result }) =>
              Object.entries(result?.metrics ?? {})
                .slice(0, 3)
                .map(([metric, value]) => `${metric} ${formatScore(value)}`)
                .join(', '),
          },
          { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
        ]}
        empty={<Nothing title="It was not evaluated yet" />}
      />
    </Section>
  );
}
