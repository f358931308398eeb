import { Button, Checkbox, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { mayAny, type Scope } from '../../api/scopes.js';
import { useSession } from '../../api/use-session.js';
import { ProblemAlert } from '../../shared/problem.js';
import { SecretOnce } from '../../shared/secret-once.js';

const SCOPES: readonly [Scope, string][] = [
  ['infer', 'submit and read jobs, batches and files'],
  ['read', 'read everything of the tenant'],
  ['manage', 'models, evaluations, webhooks and keys'],
  ['operate', 'workers, queues and tenants'],
];

/** Nobody can give a scope that they lack. */
export function NewKey() {
  const own = useSession().key.scopes;
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['infer', 'read']);
  const [expiresAt, setExpiresAt] = useState('');
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: () =>
      client.keys.create({
        name,
        scopes,
        ...(expiresAt === '' ? {} : { expires_at: new Date(expiresAt).toISOString() }),
      }),
    onSuccess: () => {
      setName('');
      return queries.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="New key">
      <Stack gap="sm">
        <Group align="flex-end">
          <TextInput
            label="Name"
            required
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="Ends"
            description="Empty: never"
            value={expiresAt}
            onChange={({ currentTarget }) => setExpiresAt(currentTarget.value)}
          />
        </Group>
        <Checkbox.Group label="Scopes" value={scopes} onChange={(next) => setScopes(next as Scope[])}>
          <Stack gap={4} mt={4}>
            {SCOPES.filter(([scope]) => mayAny(own, [scope])).map(([scope, about]) => (
              <Checkbox key={scope} value={scope} label={`${scope}: ${about}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group>
          <Button type="submit" loading={making.isPending} disabled={scopes.length === 0}>
            Make a key
          </Button>
        </Group>
        {making.error && <ProblemAlert error={making.error} />}
        {making.data?.secret && (
          <SecretOnce title={`The key ${making.data.name}`} secret={making.data.secret} />
        )}
      </Stack>
    </Paper>
  );
}
