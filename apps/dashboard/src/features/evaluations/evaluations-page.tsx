import type { Evaluation } from '@heddle/client';
import { Checkbox } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import type { Column } from '../../shared/data-table.js';
import { formatCount, shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { ListTable } from '../../shared/list-table.js';
import { Nothing } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { Ablation } from './ablation.js';
import { Comparison } from './comparison.js';
import { NewEvaluation } from './new-evaluation.js';
import { MAX_COMPARED } from './search.js';

const route = getRouteApi('/evaluations');

export function EvaluationsPage() {
  const { compare = [] } = route.useSearch();
  const mayManage = useMay('manage');
  const navigate = route.useNavigate();
  const list = useList({
    key: ['evaluations'],
    page: (cursor, signal) => client.evaluations.list({ limit: 50 }, { signal }).page(cursor),
    everyMs: LIVE_MS,
  });
  const choose = (id: string, chosen: boolean) =>
    void navigate({
      to: '/evaluations',
      search: { compare: chosen ? [...compare, id] : compare.filter((one: string) => one !== id) },
      replace: true,
    });
  const columns: Column<Evaluation>[] = [
    {
      title: 'Compare',
      cell: ({ id, result }) => (
        <Checkbox
          aria-label={`Compare ${id}`}
          checked={compare.includes(id)}
          disabled={result === null || (compare.length >= MAX_COMPARED && !compare.includes(id))}
          onChange={({ currentTarget }) => choose(id, currentTarget.checked)}
        />
      ),
    },
    {
      title: 'Run',
      cell: ({ id }) => (
        <TextLink to="/evaluations/$id" params={{ id }}>
          {shortId(id)}
        </TextLink>
      ),
    },
    { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
    { title: 'Version', cell: ({ model, version_number }) => `${model}@${version_number}` },
    { title: 'Task', cell: ({ task }) => task },
    {
      title: 'Gates',
      cell: ({ gates, result }) => (gates.length === 0 || !result ? '' : result.passed ? 'met' : 'not met'),
    },
    { title: 'Answers', numeric: true, cell: ({ counts }) => formatCount(counts.succeeded + counts.failed) },
    { title: 'Made', cell: ({ created_at }) => <When at={created_at} /> },
  ];
  return (
    <Page
      title="Evaluations"
      about="Versions, measured on data sets. Choose some to compare them."
      actions={mayManage && <NewEvaluation />}
    >
      {compare.length > 0 && (
        <Section title="Compared">
          <Comparison ids={compare} />
        </Section>
      )}
      <ListTable
        label="Evaluations"
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <Nothing title="Nothing was evaluated yet">
            An evaluation says how good a version is, and how sure that is.
          </Nothing>
        }
      />
      <Ablation />
    </Page>
  );
}
