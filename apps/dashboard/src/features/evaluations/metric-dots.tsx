import styles from './evaluations.module.css';
import { type ComparedMetric, spanOf } from './metrics.js';

const WIDTH = 200;
const ROW = 14;
const INSET = 7;

/** The colour of a run among those that are compared. */
export const runColor = (at: number): string => `var(--series-${at + 1})`;

interface MetricDotsProps {
  row: ComparedMetric;
  /** What each of its values is of; `run 1` and so on by default. */
  names?: readonly string[];
}

/** A line for each run: its value as a dot, its interval as a bar, all on one scale. */
export function MetricDots({ row, names }: MetricDotsProps) {
  const nameOf = (at: number) => names?.[at] ?? `run ${at + 1}`;
  const span = spanOf(row);
  if (!span) return null;
  const x = (value: number) =>
    INSET + ((value - span.min) / (span.max - span.min || 1)) * (WIDTH - 2 * INSET);
  const height = ROW * row.values.length;
  return (
    <svg
      className={styles.dots}
      width={WIDTH}
      height={height}
      role="img"
      aria-label={`${row.metric}: ${row.values.map(({ value }, at) => `${nameOf(at)} ${value?.toFixed(4) ?? 'none'}`).join(', ')}`}
    >
      {row.values.map(({ value, interval }, at) => {
        if (value === null) return null;
        const y = (at + 0.5) * ROW;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place
          <g key={at} stroke={runColor(at)}>
            <line x1={0} x2={WIDTH} y1={y} y2={y} stroke="var(--chart-grid)" />
            {interval && <line x1={x(interval[0])} x2={x(interval[1])} y1={y} y2={y} strokeWidth={3} />}
            <circle cx={x(value)} cy={y} r={4.5} fill={runColor(at)} stroke="var(--mantine-color-body)">
              <title>{`${nameOf(at)}: ${value.toFixed(4)}`}</title>
            </circle>
          </g>
        );
      })}
    </svg>
  );
}
