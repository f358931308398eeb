import type { Evaluation } from '@heddle/client';
import { Paper, Text } from '@mantine/core';
import { formatScore } from '../../shared/format.js';
import { Section } from '../../shared/page.js';
import styles from './evaluations.module.css';
import { calibrationError } from './metrics.js';

const SIZE = 240;
/** Around it, for dots on its edge. */
const ROOM = 13;
const TICKS = [0.25, 0.5, 0.75];

/** How sure the version was against how often it was right; on the diagonal both are the same. */
export function Calibration({
  bins,
}: {
  bins: NonNullable<NonNullable<Evaluation['result']>['reliability']>;
}) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return (
    <Section title="Calibration">
      <Text size="sm" c="dimmed">
        Expected calibration error {formatScore(calibrationError(bins))}. Larger dots have more examples; on
        the diagonal it is as sure as it is right.
      </Text>
      <Paper withBorder p="md" component="figure" className={styles.figure}>
        <span className={styles.vertical}>how often it was right</span>
        <svg
          className={styles.plot}
          viewBox={`${-ROOM} ${-ROOM} ${SIZE + 2 * ROOM} ${SIZE + 2 * ROOM}`}
          role="img"
          aria-label={`Accuracy by confidence: ${described(bins)}`}
        >
          <rect x={0.5} y={0.5} width={SIZE - 1} height={SIZE - 1} fill="none" stroke="var(--chart-grid)" />
          {TICKS.map((tick) => (
            <g key={tick} stroke="var(--chart-grid)">
              <line x1={tick * SIZE} x2={tick * SIZE} y1={0} y2={SIZE} />
              <line x1={0} x2={SIZE} y1={tick * SIZE} y2={tick * SIZE} />
            </g>
          ))}
          <line x1={0} y1={SIZE} x2={SIZE} y2={0} stroke="var(--chart-ink)" strokeDasharray="5 4" />
          {bins.map(({ from, to, accuracy, confidence, count }) =>
            accuracy === null || confidence === null ? null : (
              <circle
                key={from}
                cx={confidence * SIZE}
                cy={(1 - accuracy) * SIZE}
                r={3 + 9 * Math.sqrt(count / most)}
                fill="var(--series-1)"
                fillOpacity={0.75}
                stroke="var(--mantine-color-body)"
              >
                <title>{`${from} to ${to}: right ${accuracy.toFixed(3)}, sure ${confidence.toFixed(3)}, ${count} examples`}</title>
              </circle>
            ),
          )}
        </svg>
        <span className={styles.horizontal}>how sure it was, 0 to 1</span>
      </Paper>
    </Section>
  );
}

function described(bins: NonNullable<NonNullable<Evaluation['result']>['reliability']>): string {
  return bins
    .flatMap(({ accuracy, confidence, count }) =>
      accuracy === null || confidence === null
        ? []
        : [`sure ${confidence.toFixed(2)}, right ${accuracy.toFixed(2)} of ${count}`],
    )
    .join('; ');
}
