import { useMemo } from 'react';
import type { Stats } from '../../api/stats.js';
import { formatCount, formatDuration, formatRate, formatShare } from '../../shared/format.js';
import { TimeChart } from '../../shared/time-chart.js';
import type { Series } from '../../shared/use-chart.js';
import styles from './overview.module.css';

type Point = Stats['points'][number];

interface Chart {
  title: string;
  format: (value: number | null) => string;
  lines: [label: string, value: (point: Point) => number | null][];
}

const CHARTS: readonly Chart[] = [
  { title: 'Jobs a second', format: formatRate, lines: [['jobs', ({ jobs_per_s }) => jobs_per_s]] },
  { title: 'Tokens a second', format: formatRate, lines: [['tokens', ({ tokens_per_s }) => tokens_per_s]] },
  { title: 'Jobs that wait', format: formatCount, lines: [['jobs', ({ queued }) => queued]] },
  {
    title: 'Tokens that wait',
    format: formatCount,
    lines: [['tokens', ({ queued_tokens }) => queued_tokens]],
  },
  {
    title: 'Age of the job that has waited longest',
    format: formatDuration,
    lines: [['age', ({ oldest_age_s }) => (oldest_age_s === null ? null : oldest_age_s * 1000)]],
  },
  {
    title: 'From acceptance to the end',
    format: formatDuration,
    lines: [
      ['p50', ({ duration_ms }) => duration_ms?.p50 ?? null],
      ['p95', ({ duration_ms }) => duration_ms?.p95 ?? null],
      ['p99', ({ duration_ms }) => duration_ms?.p99 ?? null],
    ],
  },
  {
    title: 'From acceptance to the claim',
    format: formatDuration,
    lines: [
      ['p50', ({ wait_ms }) => wait_ms?.p50 ?? null],
      ['p95', ({ wait_ms }) => wait_ms?.p95 ?? null],
      ['p99', ({ wait_ms }) => wait_ms?.p99 ?? null],
    ],
  },
  {
    title: 'Errors and padding',
    format: formatShare,
    lines: [
      ['errors', ({ error_share }) => error_share],
      ['padding', ({ padding_share }) => padding_share],
    ],
  },
  { title: 'Workers', format: formatCount, lines: [['workers', ({ workers }) => workers]] },
];

export function Charts({ points }: { points: readonly Point[] }) {
  const times = useMemo(() => points.map(({ at }) => at), [points]);
  const drawn = useMemo(
    () =>
      CHARTS.map(({ title, format, lines }) => ({
        title,
        format,
        series: lines.map(([label, value]): Series => ({ label, values: points.map(value) })),
      })),
    [points],
  );
  return (
    <div className={styles.charts}>
      {drawn.map((chart) => (
        <TimeChart key={chart.title} times={times} {...chart} />
      ))}
    </div>
  );
}
