import { type ComparedMetric, spanOf } from './metrics.js';

const WIDTH = 160;
const ROW = 12;
const INSET = 6;

/** A row for each run: its value as a dot, its interval as a line, all on one scale. */
export function MetricDots({ row }: { row: ComparedMetric }) {
  const span = spanOf(row);
  if (!span) return null;
  const x = (value: number) =>
    INSET + ((value - span.min) / (span.max - span.min || 1)) * (WIDTH - 2 * INSET);
  return (
    <svg width={WIDTH} height={ROW * row.values.length} role="img" aria-label={`${row.metric} of the runs`}>
      {row.values.map(({ value, interval }, at) => {
        if (value === null) return null;
        const y = (at + 0.5) * ROW;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place
          <g key={at} stroke="var(--series-1)">
            {interval && <line x1={x(interval[0])} x2={x(interval[1])} y1={y} y2={y} strokeWidth={2} />}
            <circle cx={x(value)} cy={y} r={3.5} fill="var(--series-1)">
              <title>{`Run ${at + 1}: ${value.toFixed(4)}`}</title>
            </circle>
          </g>
        );
      })}
    </svg>
  );
}
