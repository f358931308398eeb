import { Code, Text } from '@mantine/core';
import styles from './change-list.module.css';
import { type Change, changesOf } from './changes.js';

type Fields = Record<string, unknown> | null;

/** What an entry has changed, field by field. */
export function ChangeList({ before, after }: { before: Fields; after: Fields }) {
  const changes = changesOf(before, after);
  if (changes.length === 0) return null;
  return (
    <ul className={styles.changes}>
      {changes.map((change) => (
        <li key={change.field}>
          <OneChange change={change} />
        </li>
      ))}
    </ul>
  );
}

function OneChange({ change: { field, before, after } }: { change: Change }) {
  return (
    <>
      <Text span size="xs" c="dimmed">
        {field}{' '}
      </Text>
      {before !== undefined && (
        <>
          <Code>
            <del>{JSON.stringify(before)}</del>
          </Code>{' '}
        </>
      )}
      {after !== undefined && (
        <Code>
          <ins>{JSON.stringify(after)}</ins>
        </Code>
      )}
    </>
  );
}
