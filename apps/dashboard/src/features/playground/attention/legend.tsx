import { useComputedColorScheme } from '@mantine/core';
import { formatScore } from '../../../shared/format.js';
import styles from './attention.module.css';
import { endsOf, gradientOf, type Range } from './palette.js';

/** What the colours stand for. */
export function Legend({ range }: { range: Range }) {
  const scheme = useComputedColorScheme();
  const { min, max } = endsOf(range);
  return (
    <div className={styles.legend}>
      <span>{formatScore(min)}</span>
      <div className={styles.scale} style={{ backgroundImage: gradientOf(range, scheme) }} />
      <span>{formatScore(max)}</span>
    </div>
  );
}
