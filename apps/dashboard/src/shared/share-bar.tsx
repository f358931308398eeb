import styles from './share-bar.module.css';

/** A number beside a bar of it, in a cell of a table. `share`: 0 … 1 of the bar's width. */
export function ShareBar({ share, text }: { share: number; text: string }) {
  return (
    <div className={styles.row}>
      <div className={styles.track} aria-hidden="true">
        <div className={styles.bar} style={{ width: `${100 * Math.min(1, Math.max(0, share))}%` }} />
      </div>
      <span>{text}</span>
    </div>
  );
}
