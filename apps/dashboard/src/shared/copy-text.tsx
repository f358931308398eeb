import { Button, Code, CopyButton, Group } from '@mantine/core';
import styles from './copy-text.module.css';

/** A text to be taken along, such as an id. */
export function CopyText({ text, label = text }: { text: string; label?: string }) {
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex">
      <Code className={styles.text}>{label}</Code>
      <CopyAction text={text} what={text} />
    </Group>
  );
}

/** `what` says to screen readers what is copied. */
export function CopyAction({ text, what }: { text: string; what: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="subtle" onClick={copy} aria-label={`Copy ${what}`}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      )}
    </CopyButton>
  );
}
