import { useQueries } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { DataTable } from '../../shared/data-table.js';
import { Loading } from '../../shared/loaded.js';
import { ProblemAlert } from '../../shared/problem.js';
import { MetricDots } from './metric-dots.js';
import { comparedMetrics } from './metrics.js';

/** Runs beside one another, metric by metric, with their intervals. */
export function Comparison({ ids }: { ids: readonly string[] }) {
  const runs = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['evaluation', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.evaluations.get(id, { signal }),
    })),
  });
  const failed = runs.find(({ error }) => error);
  if (failed) return <ProblemAlert error={failed.error} />;
  const loaded = runs.flatMap(({ data }) => (data ? [data] : []));
  if (loaded.length < ids.length) return <Loading />;
  const rows = comparedMetrics(loaded);
  return (
    <DataTable
      label="Metrics of the runs"
      rows={rows}
      keyOf={({ metric }) => metric}
      columns={[
        { title: 'Metric', cell: ({ metric }) => metric },
        ...loaded.map(({ id, model, version_number }, at) => ({
          title: `${at + 1}. ${model}@${version_number} (${id.slice(-4)})`,
          numeric: true,
          cell: ({ values }: (typeof rows)[number]) => values[at]?.value?.toFixed(4) ?? '–',
        })),
        { title: 'With 95 % intervals', cell: (row) => <MetricDots row={row} /> },
      ]}
    />
  );
}
