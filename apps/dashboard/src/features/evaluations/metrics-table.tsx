import type { Evaluation } from '@heddle/client';
import { type Column, DataTable } from '../../shared/data-table.js';
import { MetricDots } from './metric-dots.js';
import { type ComparedMetric, comparedMetrics } from './metrics.js';

type Result = NonNullable<Evaluation['result']>;

/** Of the dots of a metric. */
const NAMES = ['this version', 'the baseline'];

/** Each metric with its interval; with a baseline its values, and how they differ. */
export function MetricsTable({ evaluation, result }: { evaluation: Evaluation; result: Result }) {
  return (
    <DataTable
      label="Metrics"
      rows={comparedMetrics([evaluation])}
      keyOf={({ metric }) => metric}
      columns={[...ownColumns(result), ...(result.baseline_metrics ? baselineColumns(result) : [])]}
    />
  );
}

function ownColumns(result: Result): Column<ComparedMetric>[] {
  const { baseline_metrics: baseline, undefined_metrics: reasons } = result;
  return [
    { title: 'Metric', cell: ({ metric }) => metric },
    {
      title: 'Value',
      numeric: true,
      cell: ({ metric, values }) => values[0]?.value?.toFixed(4) ?? reasons[metric] ?? '–',
    },
    { title: '95 % interval', cell: ({ values }) => intervalText(values[0]?.interval) },
    {
      title: 'Chart',
      cell: ({ metric, values }) => {
        const compared = baseline ? [...values, { value: baseline[metric] ?? null, interval: null }] : values;
        return <MetricDots row={{ metric, values: compared }} names={NAMES} />;
      },
    },
  ];
}

function baselineColumns(result: Result): Column<ComparedMetric>[] {
  const { baseline_metrics: baseline, difference, difference_confidence: sure } = result;
  return [
    { title: 'Baseline', numeric: true, cell: ({ metric }) => baseline?.[metric]?.toFixed(4) ?? '–' },
    { title: 'Difference', numeric: true, cell: ({ metric }) => signedText(difference?.[metric]) },
    { title: 'Its interval', cell: ({ metric }) => intervalText(sure?.[metric]) },
  ];
}

function signedText(value: number | null | undefined): string {
  if (value == null) return '–';
  return `${value > 0 ? '+' : ''}${value.toFixed(4)}`;
}

function intervalText(interval: readonly [number, number] | null | undefined): string {
  return interval ? `${interval[0].toFixed(4)} to ${interval[1].toFixed(4)}` : '–';
}
