import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { formatScore } from '../../../shared/format.js';
import { meansByDistance } from './attention.js';
import styles from './attention.module.css';

const WIDTH = 600;
const HEIGHT = 160;

/** Means over all pairs at the same relative distance, as bars about zero. */
export function DistanceChart({ matrix, n }: { matrix: Float32Array; n: number }) {
  const means = useMemo(() => meansByDistance(matrix, n), [matrix, n]);
  const top = Math.max(0, ...means.map(({ mean }) => mean));
  const bottom = Math.min(0, ...means.map(({ mean }) => mean));
  const unit = HEIGHT / (top - bottom || 1);
  const width = WIDTH / means.length;
  return (
    <figure style={{ margin: 0 }}>
      <Text component="figcaption" size="sm" fw={600}>
        Average by relative distance, {1 - n} to {n - 1}
      </Text>
      <svg
        className={styles.distances}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Average by relative distance: at most ${formatScore(top)}, at least ${formatScore(bottom)}`}
      >
        {means.map(({ distance, mean, pairs }) => (
          <rect
            key={distance}
            x={(distance + n - 1) * width}
            width={Math.max(1, width - 1)}
            y={(top - Math.max(0, mean)) * unit}
            height={Math.abs(mean) * unit}
            fill={mean < 0 ? 'var(--series-2)' : 'var(--series-1)'}
          >
            <title>{`${distance}: ${formatScore(mean)}, mean of ${pairs}`}</title>
          </rect>
        ))}
      </svg>
    </figure>
  );
}
