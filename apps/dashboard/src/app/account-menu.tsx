import {
  Anchor,
  Button,
  type MantineColorScheme,
  Popover,
  SegmentedControl,
  Stack,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { signOut } from '../api/session.js';
import { forgetSession, useSession } from '../api/use-session.js';

const SCHEMES: readonly { value: MantineColorScheme; label: string }[] = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** Who is signed in, the colours, and the way out. */
export function AccountMenu() {
  const { tenant, key } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const colours = useId();
  const queries = useQueryClient();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: () => forgetSession(queries),
  });
  return (
    <Popover position="bottom-end" width={260} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" rightSection={<span aria-hidden="true">▾</span>}>
          {tenant.name}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <div>
            <Text size="sm" fw={600}>
              {key.name}
            </Text>
            <Text size="xs" c="dimmed">
              {key.scopes.join(', ')}
            </Text>
          </div>
          <div>
            <Text size="xs" c="dimmed" mb={4} id={colours}>
              Colours
            </Text>
            <SegmentedControl
              fullWidth
              size="xs"
              aria-labelledby={colours}
              data={[...SCHEMES]}
              value={colorScheme}
              onChange={setColorScheme}
            />
          </div>
          <Anchor href="/docs" size="sm">
            HTTP API
          </Anchor>
          <Button
            variant="light"
            color="red"
            size="xs"
            loading={leaving.isPending}
            onClick={() => leaving.mutate()}
          >
            Sign out
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
