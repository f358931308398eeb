import type { ReactNode } from 'react';
import styles from './facts.module.css';

interface FactsProps {
  facts: readonly (readonly [name: string, value: ReactNode])[];
  /** Without a frame: within one already. */
  plain?: boolean;
}

/** Names and what they are. */
export function Facts({ facts, plain }: FactsProps) {
  return (
    <dl className={styles.facts} data-plain={plain || undefined}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
