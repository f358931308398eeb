import type { Evaluation } from '@heddle/client';
import { Text } from '@mantine/core';
import { formatScore } from '../../shared/format.js';
import { Section } from '../../shared/page.js';
import styles from './evaluations.module.css';
import { calibrationError } from './metrics.js';

const SIZE = 200;

/** How sure the version was against how often it was right; on the diagonal both are the same. */
export function Calibration({
  bins,
}: {
  bins: NonNullable<NonNullable<Evaluation['result']>['reliability']>;
}) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return (
    <Section title="Calibration">
      <Text size="sm">Expected calibration error {formatScore(calibrationError(bins))}</Text>
      <svg
        className={styles.plot}
        viewBox={`0 0 ${SIZE} ${SIZE}`}
        role="img"
        aria-label="Accuracy by confidence, one dot a bin, larger where there are more examples"
      >
        <rect width={SIZE} height={SIZE} fill="none" stroke="var(--chart-grid)" />
        <line x1={0} y1={SIZE} x2={SIZE} y2={0} stroke="var(--chart-grid)" strokeDasharray="4 3" />
        {bins.map(({ from, to, accuracy, confidence, count }) =>
          accuracy === null || confidence === null ? null : (
            <circle
              key={from}
              cx={confidence * SIZE}
              cy={(1 - accuracy) * SIZE}
              r={2 + 8 * Math.sqrt(count / most)}
              fill="var(--series-1)"
              fillOpacity={0.7}
            >
              <title>{`${from} to ${to}: right ${accuracy.toFixed(3)}, sure ${confidence.toFixed(3)}, ${count} examples`}</title>
            </circle>
          ),
        )}
      </svg>
    </Section>
  );
}
