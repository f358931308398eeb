import { Alert, Code, Group } from '@mantine/core';
import { CopyAction } from './copy-text.js';

/** A secret that the API tells this once. */
export function SecretOnce({ title, secret }: { title: string; secret: string }) {
  return (
    <Alert color="yellow" title={title} role="status">
      <Group gap="xs">
        <Code>{secret}</Code>
        <CopyAction text={secret} what="the secret" />
      </Group>
      It is shown this once. Keep it where secrets are kept.
    </Alert>
  );
}
