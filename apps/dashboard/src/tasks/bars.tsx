import { formatScore } from '../shared/format.js';
import styles from './bars.module.css';

/** Scores as bars. They fill the width at 1; where scores go beyond 0 … 1, at the largest magnitude. */
export function Bars({ rows }: { rows: readonly { label: string; score: number }[] }) {
  const whole = Math.max(1, ...rows.map(({ score }) => Math.abs(score)));
  return (
    <ul className={styles.bars}>
      {rows.map(({ label, score }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two rows may be called the same
        <li key={at} className={styles.row}>
          <span className={styles.label}>{label}</span>
          <meter
            className={styles.bar}
            min={0}
            max={whole}
            value={Math.abs(score)}
            aria-label={label}
            data-negative={score < 0 || undefined}
          />
          <span className={styles.score}>{formatScore(score)}</span>
        </li>
      ))}
    </ul>
  );
}
