import { Button, Checkbox, Group, Paper, Progress, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../../api/client.js';
import { uploadFile } from '../../api/upload.js';
import { DropFile } from '../../shared/drop-file.js';
import { ProblemAlert } from '../../shared/problem.js';

/** Uploads a file and runs its lines. */
export function NewBatch() {
  const [file, setFile] = useState<File | null>(null);
  const [model, setModel] = useState('');
  const [skip, setSkip] = useState(false);
  const [sent, setSent] = useState(0);
  const navigate = useNavigate();
  const making = useMutation({
    mutationFn: async (chosen: File) => {
      const { id } = await uploadFile(chosen, 'batch', { onProgress: setSent });
      return client.batches.create({ file: id, model, invalid_lines: skip ? 'skip' : 'reject' });
    },
    onSuccess: ({ id }) => navigate({ to: '/batches/$id', params: { id } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file) making.mutate(file);
  };
  return (
    <Paper withBorder p="sm" component="form" onSubmit={submit} aria-label="New batch">
      <Stack gap="sm">
        <DropFile label="A file of JSON lines" accept=".jsonl,.ndjson,.json" file={file} onFile={setFile} />
        <Group align="flex-end">
          <TextInput
            label="Model"
            placeholder="sentiment, sentiment@3"
            required
            value={model}
            onChange={({ currentTarget }) => setModel(currentTarget.value)}
          />
          <Checkbox
            label="Leave wrong lines out"
            checked={skip}
            onChange={({ currentTarget }) => setSkip(currentTarget.checked)}
          />
          <Button type="submit" disabled={file === null} loading={making.isPending}>
            Run
          </Button>
        </Group>
        {making.isPending && <Progress value={sent * 100} aria-label="Sent" />}
        {making.error && <ProblemAlert error={making.error} />}
      </Stack>
    </Paper>
  );
}
