import type { Job } from '@heddle/client';
import { formatDuration } from '../../shared/format.js';
import styles from './time-bar.module.css';

/** Where the time of a job went that has run: parts of a bar, and what they are. */
export function TimeBar({ timing }: { timing: NonNullable<Job['timing']> }) {
  const { queue_ms, tokenize_ms, inference_ms, total_ms } = timing;
  const parts: [name: string, ms: number][] = [
    ['waited', queue_ms],
    ['tokenised', tokenize_ms],
    ['ran', inference_ms],
    ['all else', Math.max(0, total_ms - queue_ms - tokenize_ms - inference_ms)],
  ];
  return (
    <div>
      <div className={styles.bar} aria-hidden="true">
        {parts.map(([name, ms]) => (
          <span key={name} data-part={name} style={{ flexGrow: ms }} />
        ))}
      </div>
      <ul className={styles.legend}>
        {parts.map(([name, ms]) => (
          <li key={name} data-part={name}>
            {name} {formatDuration(ms)}
          </li>
        ))}
      </ul>
    </div>
  );
}
