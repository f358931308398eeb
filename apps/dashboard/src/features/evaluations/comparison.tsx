import { useQueries } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { DataTable } from '../../shared/data-table.js';
import { formatCount, formatRate } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loading } from '../../shared/loaded.js';
import { ProblemAlert } from '../../shared/problem.js';
import { When } from '../../shared/when.js';
import styles from './evaluations.module.css';
import { MetricDots, runColor } from './metric-dots.js';
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
    <>
      <DataTable
        label="Compared runs"
        rows={loaded.map((run, at) => ({ run, at }))}
        keyOf={({ run }) => run.id}
        columns={[
          {
            title: 'Run',
            cell: ({ run, at }) => (
              <span className={styles.run}>
                <span className={styles.swatch} style={{ background: runColor(at) }} aria-hidden="true" />
                <TextLink to="/evaluations/$id" params={{ id: run.id }}>
                  {at + 1}. {run.model}@{run.version_number}
                </TextLink>
              </span>
            ),
          },
          { title: 'Task', cell: ({ run }) => run.task },
          { title: 'Data set', cell: ({ run }) => run.dataset_sha256.slice(0, 8) },
          { title: 'Examples', numeric: true, cell: ({ run }) => formatCount(run.result?.items) },
          {
            title: 'Tokens a second',
            numeric: true,
            cell: ({ run }) => formatRate(run.result?.speed.tokens_per_s),
          },
          { title: 'Made', cell: ({ run }) => <When at={run.created_at} /> },
        ]}
      />
      <DataTable
        label="Metrics of the runs"
        rows={rows}
        keyOf={({ metric }) => metric}
        columns={[
          { title: 'Metric', cell: ({ metric }) => metric },
          ...loaded.map((_, at) => ({
            title: `Run ${at + 1}`,
            numeric: true,
            cell: ({ values }: (typeof rows)[number]) => values[at]?.value?.toFixed(4) ?? '–',
          })),
          { title: 'With 95 % intervals', cell: (row) => <MetricDots row={row} /> },
        ]}
      />
    </>
  );
}
