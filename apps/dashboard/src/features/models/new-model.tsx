import { Button, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { ProblemAlert } from '../../shared/problem.js';

export function NewModel() {
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const making = useMutation({
    mutationFn: () => client.models.create({ name }),
    onSuccess: (model) => navigate({ to: '/models/$name', params: { name: model.name } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="New model">
      <Stack gap="sm">
        <Group align="flex-end">
          <TextInput
            label="Name"
            description="Versions are imported afterwards"
            required
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Button type="submit" loading={making.isPending}>
            Make a model
          </Button>
        </Group>
        {making.error && <ProblemAlert error={making.error} />}
      </Stack>
    </Paper>
  );
}
