import { Button, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { ProblemAlert } from '../../shared/problem.js';
import { SecretOnce } from '../../shared/secret-once.js';

export function NewWebhook() {
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState('job.*');
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: () =>
      client.webhooks.create({
        url,
        events: events.split(/[\s,]+/).filter((event) => event !== '') as never,
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="New endpoint">
      <Stack gap="sm">
        <Group align="flex-end">
          <TextInput
            type="url"
            label="Address"
            placeholder="https://"
            required
            value={url}
            onChange={({ currentTarget }) => setUrl(currentTarget.value)}
          />
          <TextInput
            label="Events"
            required
            value={events}
            onChange={({ currentTarget }) => setEvents(currentTarget.value)}
          />
          <Button type="submit" loading={making.isPending}>
            Add
          </Button>
        </Group>
        {making.error && <ProblemAlert error={making.error} />}
        {making.data?.secret && (
          <SecretOnce title="The secret of its signatures" secret={making.data.secret} />
        )}
      </Stack>
    </Paper>
  );
}
