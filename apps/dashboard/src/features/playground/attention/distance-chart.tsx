import { Text } from '@mantine/core';
import { memo, useMemo } from 'react';
import { formatScore } from '../../../shared/format.js';
import { type DistanceMean, meansByDistance } from './attention.js';
import styles from './attention.module.css';

const WIDTH = 600;
const HEIGHT = 140;

interface DistanceChartProps {
  /** n × n numbers, row-major. */
  matrix: Float32Array;
  n: number;
  /** One to point at: `to` less `from`. */
  distance: number;
}

/** Means over all pairs at the same relative distance, as bars about zero. */
export function DistanceChart({ matrix, n, distance }: DistanceChartProps) {
  const means = useMemo(() => meansByDistance(matrix, n), [matrix, n]);
  const pointed = means[distance + n - 1];
  const unit = WIDTH / means.length;
  return (
    <figure className={styles.figure}>
      <Text component="figcaption" size="sm" fw={600}>
        Average by relative distance
      </Text>
      <svg
        className={styles.distances}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Average by relative distance, from ${1 - n} to ${n - 1}`}
      >
        <rect x={(distance + n - 1) * unit} width={unit} height={HEIGHT} className={styles.pointed} />
        <Bars means={means} />
      </svg>
      <div className={styles.axis} aria-hidden="true">
        <span>{1 - n} back</span>
        <span>0</span>
        <span>ahead {n - 1}</span>
      </div>
      {pointed && (
        <Text size="sm" c="dimmed">
          At {distance > 0 ? `+${distance}` : distance}: {formatScore(pointed.mean)}, mean of {pointed.pairs}{' '}
          {pointed.pairs === 1 ? 'pair' : 'pairs'}
        </Text>
      )}
    </figure>
  );
}

/** All bars of a sign in one path: they are drawn anew with every head. */
const Bars = memo(function Bars({ means }: { means: readonly DistanceMean[] }) {
  const top = means.reduce((most, { mean }) => Math.max(most, mean), 0);
  const bottom = means.reduce((least, { mean }) => Math.min(least, mean), 0);
  const unit = HEIGHT / (top - bottom || 1);
  const width = WIDTH / means.length;
  const gap = Math.min(1, width / 4);
  const zero = top * unit;
  const pathOf = (sign: 1 | -1) =>
    means
      .map(({ mean }, at) =>
        mean * sign > 0
          ? `M${(at * width + gap).toFixed(2)} ${zero.toFixed(2)}h${(width - 2 * gap).toFixed(2)}v${(-mean * unit).toFixed(2)}h${(2 * gap - width).toFixed(2)}z`
          : '',
      )
      .join('');
  return (
    <>
      <path d={pathOf(1)} fill="var(--series-1)" />
      <path d={pathOf(-1)} fill="var(--series-2)" />
      <line x1={0} x2={WIDTH} y1={zero} y2={zero} stroke="var(--chart-ink)" strokeWidth={0.5} />
    </>
  );
});
