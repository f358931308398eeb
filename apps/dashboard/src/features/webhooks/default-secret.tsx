import { Code, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CopyAction } from '../../shared/copy-text.js';
import { Loaded } from '../../shared/loaded.js';
import { RotateSecret } from './rotate-secret.js';

/** What is sent to an address that came with a job is signed with it; it can be looked at again. */
export function DefaultSecret({ close }: { close: () => void }) {
  const secret = useQuery({
    queryKey: ['webhooks', 'default', 'secret'],
    queryFn: ({ signal }) => client.webhooks.defaultSecret({ signal }),
    // It is not kept behind the dialog.
    gcTime: 0,
  });
  return (
    <Stack gap="md">
      <Text size="sm">
        A job or a batch may name an address of its own. What is sent there is signed with this secret.
      </Text>
      <Loaded query={secret} lines={1}>
        {(data) => (
          <Group gap="xs">
            <Code>{data.secret}</Code>
            <CopyAction text={data.secret} what="the secret" />
          </Group>
        )}
      </Loaded>
      <RotateSecret id="default" close={close} />
    </Stack>
  );
}
