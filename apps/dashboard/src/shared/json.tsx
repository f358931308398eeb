import { Code } from '@mantine/core';
import styles from './json.module.css';

/** Any value as JSON, as it is. */
export function Json({ value }: { value: unknown }) {
  return (
    <Code block className={styles.json}>
      {JSON.stringify(value, null, 2)}
    </Code>
  );
}
