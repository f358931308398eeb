import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyAction } from './copy-text.js';
import styles from './secret-once.module.css';

interface SecretOnceProps {
  title: string;
  secret: string;
  /** What to do besides. */
  children?: ReactNode;
  /** Nobody sees it again after. */
  onDone: () => void;
}

/** A secret that the API tells this once. */
export function SecretOnce({ title, secret, children, onDone }: SecretOnceProps) {
  return (
    <Stack gap="md">
      <Alert color="yellow" title={title} role="status">
        <Stack gap="xs">
          <Group gap="xs" wrap="nowrap" align="center">
            <Code className={styles.secret}>{secret}</Code>
            <CopyAction text={secret} what="the secret" />
          </Group>
          <Text size="sm">It is shown this once. Keep it where secrets are kept.</Text>
        </Stack>
      </Alert>
      {children}
      <Group justify="flex-end">
        <Button onClick={onDone}>I have kept it</Button>
      </Group>
    </Stack>
  );
}
