import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Piece } from './spans.js';
import styles from './text-pieces.module.css';

/** A text with marked spans; `mark` draws one. */
export function TextPieces<T>({
  pieces,
  mark,
}: {
  pieces: readonly Piece<T>[];
  mark: (text: string, value: T) => ReactNode;
}) {
  return (
    <Text className={styles.text} component="div">
      {pieces.map(({ text, start, value }) => (
        <span key={start}>{value === null ? text : mark(text, value)}</span>
      ))}
    </Text>
  );
}
