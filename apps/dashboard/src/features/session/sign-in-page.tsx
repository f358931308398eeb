import { ApiError } from '@heddle/client';
import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { signIn } from '../../api/session.js';
import { SESSION_QUERY } from '../../api/use-session.js';
import { ProblemAlert } from '../../shared/problem.js';

interface SignInPageProps {
  /** Somebody was signed in here until a moment ago. */
  ended: boolean;
  onSignedIn: () => void;
}

export function SignInPage({ ended, onSignedIn }: SignInPageProps) {
  const [key, setKey] = useState('');
  const queries = useQueryClient();
  const signingIn = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => {
      onSignedIn();
      queries.setQueryData(SESSION_QUERY, session);
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Heddle';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== '') signingIn.mutate(key.trim());
  };
  const { error } = signingIn;
  const isWrongKey = error instanceof ApiError && error.status === 401;
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder shadow="sm" p="xl" w="100%" maw={420}>
        <form onSubmit={submit}>
          <Stack>
            <Group gap="sm">
              <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={36} height={36} />
              <Title order={1} size="h2">
                Heddle
              </Title>
            </Group>
            {ended && !signingIn.error && (
              <Alert color="yellow" role="status" p="sm">
                Your session has ended. Sign in to go on where you were.
              </Alert>
            )}
            <Text size="sm" c="dimmed">
              Sign in with an API key. You see what the key may see, and do what it may do.
            </Text>
            <PasswordInput
              label="API key"
              placeholder="hdl_…"
              autoComplete="current-password"
              required
              data-autofocus
              value={key}
              onChange={({ currentTarget }) => setKey(currentTarget.value)}
              error={isWrongKey ? 'This key is unknown, deleted or expired.' : undefined}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the key' }}
            />
            {error && !isWrongKey && <ProblemAlert error={error} />}
            <Button type="submit" loading={signingIn.isPending}>
              Sign in
            </Button>
            <Text size="xs" c="dimmed">
              The first start of Heddle prints one; <code>heddle keys new-admin</code> makes another.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
