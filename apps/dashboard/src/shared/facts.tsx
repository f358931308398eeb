import type { ReactNode } from 'react';
import styles from './facts.module.css';

interface FactsProps {
  facts: readonly (readonly [name: string, value: ReactNode])[];
  /** Whether they stand on a ground of their own. */
  boxed?: boolean;
}

/** Names and what they are. */
export function Facts({ facts, boxed = true }: FactsProps) {
  return (
    <dl className={boxed ? `${styles.facts} ${styles.boxed}` : styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
